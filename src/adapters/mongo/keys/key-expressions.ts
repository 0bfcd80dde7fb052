import type { Document } from 'mongodb';

/** So long a key that was deleted is remembered by its revision, ms. */
export const rememberedMs = 86_400_000;
/** One that has ended less long: its body is to go, and what is written later is above it by the clock alone, but for what clocks of servers differ. */
const endedMs = 300_000;

/** Writes at an expected revision that are remembered, of all clients. */
const mostDone = 64;

/** Who writes, so that a write that is sent again is known. */
export interface WriteToken {
  readonly client: string;
  readonly token: string;
  /** Writes of this client that wait for their answer. */
  readonly open: readonly string[];
}

/**
 * What the document of a key says at the server's time, for `$cond` and the like: `alive` there is a value, `ended` there was one and its time is over,
 * `rev` the revision that it is at, `next` the one that a write makes, never below the server's clock in µs.
 */
export function withState(expression: unknown): Document {
  const micros = { $multiply: [{ $toLong: '$$NOW' }, 1_000] };
  const isOver = { $and: [{ $eq: [{ $type: '$x' }, 'date'] }, { $lte: ['$x', '$$NOW'] }] };
  return {
    $let: {
      vars: { has: exists('$b'), over: isOver },
      in: {
        $let: {
          vars: { alive: { $and: ['$$has', { $not: ['$$over'] }] }, ended: { $and: ['$$has', '$$over'] } },
          in: {
            $let: {
              vars: { rev: { $cond: ['$$ended', { $max: [{ $add: ['$v', 1] }, { $multiply: [{ $toLong: '$x' }, 1_000] }] }, { $ifNull: ['$v', { $toLong: 0 }] }] } },
              in: { $let: { vars: { next: { $max: [{ $add: ['$$rev', 1] }, micros] } }, in: expression } },
            },
          },
        },
      },
    },
  };
}

export function exists(field: string): Document {
  return { $ne: [{ $type: field }, 'missing'] };
}

export function literal(value: unknown): Document {
  return { $literal: value };
}

/** In some ms by the server's clock. */
export function after(ms: number): Document {
  return { $add: ['$$NOW', ms] };
}

/** When the document of a value at `revision` that ends in `ttlMs` may go. */
export function forgottenAfter(ttlMs: number, revision: string): Document {
  const isBelowTheEnd = { $lt: [revision, { $multiply: [{ $toLong: after(ttlMs) }, 1_000] }] };
  return { $cond: [isBelowTheEnd, after(ttlMs + endedMs), after(ttlMs + rememberedMs)] };
}

/** Whether this very write is the latest: sent again, it is not to be carried out again. (At an expected revision it would not be in any case.) */
export function isDone({ token }: WriteToken): Document {
  return { $eq: ['$w', literal(token)] };
}

/** The remembered writes, with this one of revision `made`: whatever of this client has its answer is forgotten. */
export function done({ token, client, open }: WriteToken, made: string): Document {
  const isKept = { $or: [{ $ne: ['$$this.c', literal(client)] }, { $in: ['$$this.w', literal(open)] }] };
  const others = { $filter: { input: { $ifNull: ['$t', []] }, cond: isKept } };
  return { $slice: [{ $concatArrays: [[{ w: literal(token), c: literal(client), v: made }], others] }, mostDone] };
}
