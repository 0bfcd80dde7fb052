import { ChronowError, errorCodes, isChronowError, type ErrorCode } from '../../../errors.js';
import { failureOf, plainCause, type Failure } from './server-error.js';

/** What was asked, as far as an error may tell it. */
export interface Asked {
  /** `script publish`, `command xlen`. */
  readonly label: string;
  /** The first key; part of the message where the key itself is what is wrong. */
  readonly key?: string | undefined;
}

/** Replies that say "not now": the call may be made again. */
const passing: ReadonlySet<string> = new Set(['READONLY', 'LOADING', 'MASTERDOWN', 'CLUSTERDOWN', 'TRYAGAIN', 'MOVED', 'ASK', 'UNBLOCKED', 'BUSY', 'NOREPLICAS', 'MISCONF', 'NOGROUP', 'NOSCRIPT']);

/** Turns what the driver gave into an error of ours. The driver's own error is not kept: it holds the arguments. */
export function chronowError(failure: Failure, asked: Asked): ChronowError {
  if (failure.kind === 'link') return linkLost(asked, failure);
  const own = ownCondition(failure);
  if (own !== undefined) return own;
  const known = serverRefusals[failure.word];
  if (known !== undefined) return known(failure, asked);
  // How a script tells that one of its commands or keys is forbidden, before 7.2.
  if (/ACL failure in script|user executing the script can't/i.test(failure.text)) return noPermission(failure, asked, 'the commands and key patterns of the list in docs/redis.md');
  if (passing.has(failure.word)) return lost(`the server answered ${failure.word} to the ${asked.label}; try again`, failure.word, failure);
  return new ChronowError('UNSUPPORTED', `the server refused the ${asked.label}: ${failure.text}`, { cause: plainCause(failure), details: { reason: failure.word, asked: asked.label } });
}

/** No answer: whether the call was carried out is unknown. */
export function linkLost({ label }: Asked, failure: Failure): ChronowError {
  return lost(`the connection to Redis was lost during the ${label} (${failure.text}); whether it was carried out is unknown`, failure.word, failure);
}

/** No answer in time. */
export function deadlinePassed({ label }: Asked, ms: number, last: Failure | undefined): ChronowError {
  const because = last === undefined ? '' : `; last: ${last.text}`;
  return lost(`Redis did not answer the ${label} within ${ms} ms${because}; whether it was carried out is unknown`, last?.word ?? 'DEADLINE', last);
}

export function closedError(label: string): ChronowError {
  return new ChronowError('CLOSED', `the connection to Redis is closed; the ${label} was not sent, or its outcome is unknown`);
}

function lost(message: string, reason: string, failure: Failure | undefined): ChronowError {
  return new ChronowError('LINK_LOST', message, { retryable: true, details: { reason }, ...(failure === undefined ? {} : { cause: plainCause(failure) }) });
}

const loginRefused = (failure: Failure): ChronowError =>
  new ChronowError('CONFIG_INVALID', `Redis refused the login (${failure.word}); correct redis.username and redis.password, or the ACL user on the server`, { cause: plainCause(failure), details: { reason: failure.word } });

const noPermission = (failure: Failure, asked: Asked, right: string): ChronowError =>
  new ChronowError('BACKEND_UNSAFE', `the Redis user lacks a right that the ${asked.label} needs: add ${right} to its ACL (docs/redis.md has the whole list)`, { cause: plainCause(failure), details: { reason: 'NOPERM', right } });

const serverRefusals: Readonly<Record<string, (failure: Failure, asked: Asked) => ChronowError>> = {
  WRONGPASS: loginRefused,
  NOAUTH: loginRefused,
  NOPERM: (failure, asked) => noPermission(failure, asked, missingRight(failure.text)),
  OOM: (failure, asked) => lost(`Redis is out of memory (maxmemory) and refused the ${asked.label}; nothing of it was stored. Free memory or raise maxmemory`, 'out-of-memory', failure),
  WRONGTYPE: (failure, asked) =>
    new ChronowError('FOREIGN_VALUE', `the ${asked.label} met a key of another type${asked.key === undefined ? '' : ` at ${asked.key} or beside it`}: something else uses keys of Chronow. Choose another keyPrefix, or remove that key`, { cause: plainCause(failure), details: { reason: 'WRONGTYPE', key: asked.key } }),
};

/** Our scripts answer conditions of ours as `CW_<CODE> text`; a text that is JSON becomes the details. */
function ownCondition(failure: Failure): ChronowError | undefined {
  const name = failure.word.startsWith('CW_') ? failure.word.slice(3) : undefined;
  const code = errorCodes.find((known) => known === name);
  if (code === undefined) return undefined;
  const text = failure.text.slice(failure.text.indexOf(failure.word) + failure.word.length).trim();
  return new ChronowError(code, text === '' ? 'the server said so' : text, { details: { text }, retryable: retryableCodes.has(code) });
}

const retryableCodes: ReadonlySet<ErrorCode> = new Set<ErrorCode>(['TOPIC_FULL', 'REVISION_CONFLICT', 'LINK_LOST']);

function missingRight(text: string): string {
  const command = /run the '([^']+)' command/.exec(text)?.[1] ?? /'([a-z|]+)' command/.exec(text)?.[1];
  if (command !== undefined) return `+${command}`;
  if (/channel/.test(text)) return 'the channel pattern (&…)';
  return /key/.test(text) ? 'the key pattern (~…)' : 'the command';
}

/** Whether a server that could be reached will not let us in however often we ask, and why. */
export function loginFailure(failure: Failure): ChronowError | undefined {
  if (failure.kind !== 'reply') return undefined;
  if (/DB index|SELECT/.test(failure.text)) return new ChronowError('CONFIG_INVALID', `Redis has no such database (${failure.text}); correct redis.db`, { cause: plainCause(failure), details: { reason: 'db' } });
  if (failure.word === 'WRONGPASS' || failure.word === 'NOAUTH' || /invalid password|AUTH/.test(failure.text)) return loginRefused(failure);
  return undefined;
}

/** No server within the time to connect. */
export function unreachable(where: string, failure: Failure | undefined, tls: boolean): ChronowError {
  const last = failure === undefined ? '' : `: ${failure.text}`;
  return new ChronowError('BACKEND_UNREACHABLE', `no answer from Redis at ${where}${last}${failure === undefined ? '' : hint(failure, tls)}`, {
    retryable: true,
    details: { reason: failure?.word ?? 'TIMEOUT' },
    ...(failure === undefined ? {} : { cause: plainCause(failure) }),
  });
}

/** A certificate does not get better by asking again. */
export function isCertificateFailure({ word, text }: Failure): boolean {
  return /CERT|SELF_SIGNED|UNABLE_TO_|ALTNAME|self.signed|certificate/i.test(`${word} ${text}`) && !/alert/.test(text);
}

function hint(failure: Failure, tls: boolean): string {
  if (isCertificateFailure(failure)) return '. The certificate was not accepted: redis.caCert must hold the authority that signed it, and the host name must be one of its names';
  if (/unknown command '?sentinel/i.test(failure.text)) return '. This is no sentinel: name the sentinels, or use redis:// for a server itself';
  const broken = /ECONNRESET|EPIPE|CLOSED|EPROTO|ERR_SSL/.test(failure.word) || /Protocol error|wrong version number|packet length/.test(failure.text) || (tls && failure.word === 'ETIMEDOUT');
  if (!broken) return '';
  return tls ? '. Does this port speak TLS? If not, use redis:// or redis.tls: false' : '. Does this port speak TLS? Then use rediss:// or redis.tls: true';
}

/** Whatever was thrown, as an error of ours. */
export function asChronowError(error: unknown): ChronowError {
  return isChronowError(error) ? error : chronowError(failureOf(error), { label: 'connection' });
}

export function notACluster(): ChronowError {
  return new ChronowError('CONFIG_INVALID', 'this Redis is a single server, not a cluster: use redis:// (without +cluster), or leave clusterNodes out', { details: { reason: 'not-a-cluster' } });
}

export function isACluster(): ChronowError {
  return new ChronowError('CONFIG_INVALID', 'this Redis is a node of a cluster: use redis+cluster:// or clusterNodes', { details: { reason: 'a-cluster' } });
}
