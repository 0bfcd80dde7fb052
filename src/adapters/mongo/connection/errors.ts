import { ChronowError, isChronowError } from '../../../errors.js';
import { failureOf, plainCause, type Failure } from './server-error.js';

/** Turns what the driver gave into an error of ours. The driver's own error is not kept: it holds what was written. */
export function chronowError(failure: Failure, what: string): ChronowError {
  if (failure.kind === 'link' || failure.kind === 'passing') return lost(`the connection to MongoDB was lost during the ${what} (${failure.text}); whether it was carried out is unknown`, failure);
  if (isTooLarge(failure)) return refusal('PAYLOAD_TOO_LARGE', `the ${what} makes a document above the 16 MB that MongoDB takes; store the body elsewhere and send a reference`, failure);
  const known = failure.code === undefined ? undefined : refusals[failure.code];
  if (known !== undefined) return known(failure, what);
  return refusal('UNSUPPORTED', `MongoDB refused the ${what}: ${failure.text}`, failure);
}

const refusals: Readonly<Record<number, (failure: Failure, what: string) => ChronowError>> = {
  13: (failure, what) => (/requires authentication/.test(failure.text) ? loginMissing(failure) : refusal('BACKEND_UNSAFE', `the MongoDB user lacks a right that the ${what} needs: give it the role readWrite on the hot database (docs/mongo.md has the whole list)`, failure)),
  18: loginRefused,
  8_000: loginRefused,
  // Free space, or the limit of a hosted cluster.
  14_031: (failure, what) => refusal('LINK_LOST', `MongoDB is out of disk space and refused the ${what}; nothing of it was stored`, failure, true),
  388: (failure, what) => refusal('LINK_LOST', `the ${what} does not fit into the cache of this server; make its cache larger, or batches smaller`, failure, true),
};

function isTooLarge({ kind, code, word, text }: Failure): boolean {
  if (code === 10_334 || code === 17_280 || code === 17_419 || code === 17_420) return true;
  return kind === 'input' && (word === 'ERR_OUT_OF_RANGE' || /larger than the maximum/.test(text));
}

function refusal(code: ConstructorParameters<typeof ChronowError>[0], message: string, failure: Failure, retryable = false): ChronowError {
  return new ChronowError(code, message, { cause: plainCause(failure), retryable, details: { reason: failure.word, ...(failure.code === undefined ? {} : { code: failure.code }) } });
}

function lost(message: string, failure: Failure | undefined): ChronowError {
  return new ChronowError('LINK_LOST', message, { retryable: true, details: { reason: failure?.word ?? 'DEADLINE' }, ...(failure === undefined ? {} : { cause: plainCause(failure) }) });
}

/** No answer in time. */
export function deadlinePassed(what: string, ms: number, last: Failure | undefined): ChronowError {
  const because = last === undefined ? '' : `; last: ${last.text}`;
  return lost(`MongoDB did not answer the ${what} within ${ms} ms${because}; whether it was carried out is unknown`, last);
}

export function closedError(what: string): ChronowError {
  return new ChronowError('CLOSED', `the connection to MongoDB is closed; the ${what} was not sent, or its outcome is unknown`);
}

function loginRefused(failure: Failure): ChronowError {
  return refusal('CONFIG_INVALID', 'MongoDB refused the login; correct user, password and authSource in mongo.uri', failure);
}

function loginMissing(failure: Failure): ChronowError {
  return refusal('CONFIG_INVALID', 'MongoDB asks for a login: mongo.uri has none, or its user was removed; put user, password and authSource of one that is there into it', failure);
}

/** A URI that the driver does not take. The driver quotes what it was given, which may be secret. */
export function uriRefused(uri: string, error: unknown): ChronowError {
  const values = uri.split(/[:/@?&=,;]+/).slice(1).filter((value) => value.length > 2).sort((one, other) => other.length - one.length);
  const { text } = failureOf(error);
  // What it is about is a name, and the name comes first.
  const shown = text.replace(/\bgot:? .*/s, (quoted) => values.reduce((left, value) => left.replaceAll(value, '***'), quoted));
  return new ChronowError('CONFIG_INVALID', `mongo.uri is not one that the driver takes: ${shown}`, { details: { option: 'mongo.uri' } });
}

/** Whether a deployment that could be reached will not let us in however often we ask, and why. */
export function loginFailure(failure: Failure): ChronowError | undefined {
  return failure.code === 18 || failure.code === 8_000 || /Authentication failed|auth(?:entication)? error/i.test(failure.text) ? loginRefused(failure) : undefined;
}

/** No primary within the time to connect. `seen`: what answered instead. */
export function unreachable(where: string, failure: Failure | undefined, seen: string | undefined): ChronowError {
  const last = failure === undefined ? '' : `: ${failure.text}`;
  return new ChronowError('BACKEND_UNREACHABLE', `no answer from a primary of MongoDB at ${where}${last}${seen ?? (failure === undefined ? '' : hintOf(failure))}`, {
    retryable: true,
    details: { reason: failure?.word ?? 'TIMEOUT' },
    ...(failure === undefined ? {} : { cause: plainCause(failure) }),
  });
}

function hintOf({ word, text }: Failure): string {
  if (/^query(?:Srv|Txt)\b/.test(text)) return '. mongodb+srv:// asks DNS for the hosts behind a name; a host itself is named with mongodb://';
  if (/CERT|SELF_SIGNED|UNABLE_TO_|ALTNAME|certificate/i.test(`${word} ${text}`)) return '. The certificate was not accepted: tlsCAFile must name the authority that signed it, and the host name must be one of its names';
  return /secure TLS|ssl|tls|connection \d+ to .* closed|ECONNRESET/i.test(text) ? '. Does this port speak TLS? Set tls=true or tls=false in mongo.uri accordingly' : '';
}

/** Whatever was thrown, as an error of ours. */
export function asChronowError(error: unknown, what: string): ChronowError {
  return isChronowError(error) ? error : chronowError(failureOf(error), what);
}
