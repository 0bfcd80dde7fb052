/** What went wrong on the way to a server, or what the server answered, without anything that may be secret. */
export interface Failure {
  /** `reply`: the server said so. `link`: no answer will come any more. */
  readonly kind: 'reply' | 'link';
  /** The server's word (`WRONGPASS`), or the system's (`ECONNREFUSED`). */
  readonly word: string;
  /** Text that is safe to show. */
  readonly text: string;
}

/**
 * Reads an error of the driver. Its objects must never get any further: they carry the command with all its arguments, passwords and payloads among
 * them.
 */
export function failureOf(error: unknown): Failure {
  if (!(error instanceof Error)) return { kind: 'link', word: 'UNKNOWN', text: 'the driver failed without an error' };
  if (error.name === 'ReplyError') return { kind: 'reply', word: wordOf(error.message), text: safeText(error.message) };
  return { kind: 'link', word: codeOf(error), text: safeText(error.message) };
}

/** What may become the `cause` of an error of ours. */
export function plainCause({ kind, text }: Failure): Error {
  const cause = new Error(text);
  cause.name = kind === 'reply' ? 'ReplyError' : 'ConnectionError';
  return cause;
}

function wordOf(message: string): string {
  return /^-?([A-Z][A-Z0-9_]*)\b/.exec(message)?.[1] ?? 'ERR';
}

function codeOf(error: Error): string {
  if ('code' in error && typeof error.code === 'string') return error.code;
  return /\b(E[A-Z]{4,})\b/.exec(error.message)?.[1] ?? 'CLOSED';
}

/**
 * Servers quote what they were sent (`with args beginning with: …`), a script may throw what it was given, and what a URL parser quotes may hold a password. Lua's own
 * errors name variables, never values.
 */
function safeText(message: string): string {
  const text = message
    .replace(/,? with args beginning with:?.*/s, '')
    .replace(/ script: [0-9a-f]{40}.*/s, '')
    .replace(/(user_script:\d+: )(?!attempt to |bad argument |'|unfinished |stack overflow|Script attempted ).*/s, '$1…')
    .replace(/(rediss?(?:\+\w+)?:\/\/)[^@\s]*@/g, '$1***@');
  const line = (text.split('\n')[0] ?? '').trim();
  return line.length > 200 ? `${line.slice(0, 200)}…` : line;
}
