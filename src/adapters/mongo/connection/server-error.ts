/** What went wrong on the way to the servers, or what they answered, without anything that may be secret. */
export interface Failure {
  /**
   * `link`: no answer will come any more, or none from a primary. `passing`: the server says not now, or that it does not know what became of it; both may be tried again.
   * `server`: it refused. `input`: the driver refused what it was given.
   */
  readonly kind: 'link' | 'passing' | 'server' | 'input';
  readonly code: number | undefined;
  /** The server's name of the code (`Unauthorized`), the system's (`ECONNREFUSED`), or the driver's class. */
  readonly word: string;
  /** Text that is safe to show. */
  readonly text: string;
}

/** Not now, or nobody knows: an election, a shutdown, a lost cursor, a write concern that was not satisfied in time. */
const passingCodes: ReadonlySet<number> = new Set([
  6, 7, 24, 43, 46, 50, 63, 64, 79, 89, 91, 112, 133, 134, 150, 175, 189, 202, 211, 225, 237, 246, 262, 290, 307, 314, 317, 358, 402, 9001, 10058, 10107, 11600, 11602, 13388, 13435, 13436,
]);

/** `SystemOverloadedError` and `RetryableError`: whoever has too much to do says so before it does anything. */
const passingLabels: ReadonlySet<unknown> = new Set(['RetryableWriteError', 'TransientTransactionError', 'RetryableError', 'SystemOverloadedError']);

/** One of them, which interrupts what is under way, calls itself without the name of the product: `PoolClearedOnNetworkError`. */
const linkNames = /^(?:Mongo)?(?:Network|ServerSelection|NotConnected|PoolCleared|PoolClosed|WaitQueueTimeout|ConnectionPool|TopologyClosed|ClientClosed|ServerClosed|UnexpectedServerResponse|Parse|Decompression|OperationTimeout|ClientBulkWriteExecution)\w*Error$/;
const passingNames = /^Mongo(?:ExpiredSession|Cursor(?:Exhausted|InUse)|TailableCursor)Error$/;
const inputNames: ReadonlySet<string> = new Set(['MongoInvalidArgumentError', 'BSONError', 'BSONVersionError', 'RangeError', 'TypeError', 'MongoMissingDependencyError', 'MongoAPIError']);

/** Reads an error of the driver. Its objects must get no further: they carry documents and key values. */
export function failureOf(wrapped: unknown): Failure {
  const error = unwrapped(wrapped);
  if (!(error instanceof Error)) return { kind: 'link', code: undefined, word: 'UNKNOWN', text: 'the driver failed without an error' };
  const code = numberOf(error, 'code');
  const word = textOf(error, 'codeName') ?? textOf(error, 'code') ?? innerCode(error) ?? error.name;
  return { kind: kindOf(error, code), code, word, text: safeText(error.message) };
}

/** Bulk writes, insertMany among them, wrap whatever befell them, a lost connection too. */
function unwrapped(error: unknown): unknown {
  if (!(error instanceof Error) || error.name !== 'MongoBulkWriteError') return error;
  const inner: unknown = Reflect.get(error, 'errorResponse');
  return inner instanceof Error ? inner : error;
}

function kindOf(error: Error, code: number | undefined): Failure['kind'] {
  if (linkNames.test(error.name)) return 'link';
  if (code !== undefined) return passingCodes.has(code) || labelsOf(error).some((label) => passingLabels.has(label)) ? 'passing' : 'server';
  if (passingNames.test(error.name)) return 'passing';
  if (inputNames.has(error.name)) return 'input';
  // What the resolver and sockets throw has the system's word as its code.
  if (!error.name.startsWith('Mongo')) return /^E[A-Z_]+$/.test(textOf(error, 'code') ?? '') ? 'link' : 'input';
  return 'server';
}

/** A read named an index that is not there: somebody dropped it, or its collection. Nothing was done. */
export function lacksIndex(error: unknown): boolean {
  return error instanceof Error && numberOf(error, 'code') === 2 && /\bhint\b/.test(error.message);
}

/** What may become the `cause` of an error of ours. */
export function plainCause({ kind, text }: Failure): Error {
  const cause = new Error(text);
  cause.name = kind === 'link' ? 'ConnectionError' : 'ServerError';
  return cause;
}

/** Whether this is a duplicate key (11000), of whichever kind of write. */
export function isDuplicateKey(error: unknown): boolean {
  return error instanceof Error && numberOf(error, 'code') === 11_000;
}

function labelsOf(error: Error): readonly unknown[] {
  const labels: unknown = Reflect.get(error, 'errorLabels');
  return Array.isArray(labels) ? labels : [];
}

function numberOf(error: Error, name: string): number | undefined {
  const value: unknown = Reflect.get(error, name);
  return typeof value === 'number' ? value : undefined;
}

function textOf(error: Error, name: string): string | undefined {
  const value: unknown = Reflect.get(error, name);
  return typeof value === 'string' && value !== '' ? value : undefined;
}

function innerCode(error: Error): string | undefined {
  return error.cause instanceof Error ? textOf(error.cause, 'code') : undefined;
}

/** Servers quote documents, key values and users in braces and quotation marks; a URL may hold a password. */
function safeText(message: string): string {
  const text = message
    .replace(/(mongodb(?:\+srv)?:\/\/)[^@\s]*@/g, '$1***@')
    .replace(/dup key:.*/s, 'dup key')
    .replace(/First element:.*/s, '')
    .replace(/\{.*\}?/s, '{…}')
    .replace(/"[^"]*"?|'[^']*'?|`[^`]*`?/g, '…');
  const line = (text.split('\n')[0] ?? '').trim();
  return line.length > 160 ? `${line.slice(0, 160)}…` : line;
}
