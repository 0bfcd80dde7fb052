import type { Document } from 'mongodb';
import type { KeyDelete, KeyWrite } from '../../../port/key-store.js';
import { documentFormat } from '../layout/message-codec.js';
import { after, done, exists, forgottenAfter, isDone, literal, rememberedMs, withState, type WriteToken } from './key-expressions.js';

/** What stays of a document, whatever is written. */
const kept: Document = { _id: '$_id', f: documentFormat, ts: '$$NOW' };
const gone = '$$REMOVE';
/** Events tell what changed: whoever knows the revision before knows the rest. After an end nobody can be sure what was known. */
const follows: Document = { $cond: ['$$ended', gone, '$v'] };
const hadVersions: Document = { $cond: [{ $or: [exists('$hk'), exists('$hd')] }, true, gone] };

/**
 * The update that sets a value, or leaves everything as it is: where it was done before, the key is closed, or at another revision than expected.
 * `base`: of what value a version was stored; where there is another one by now, nothing is done.
 */
export function setPipeline({ body, codec, ttlMs, expectedRevision, keepVersions = 0 }: KeyWrite, token: WriteToken, base: number | undefined): Document[] {
  const hasExpected = expectedRevision !== undefined;
  const allowed = [
    { $not: [isDone(token)] },
    { $ne: ['$m', 'closed'] },
    ...(hasExpected ? [{ $eq: ['$$rev', expectedRevision] }] : []),
    ...(keepVersions > 0 ? [isStill(base)] : []),
  ];
  const hasTtl = ttlMs !== undefined;
  const next = {
    ...kept,
    v: '$$next',
    p: follows,
    b: literal(body),
    ...(codec === undefined ? {} : { c: literal(codec) }),
    ...(hasTtl ? { x: after(ttlMs), exp: forgottenAfter(ttlMs, '$$next') } : {}),
    w: literal(token.token),
    t: hasExpected ? done(token, '$$next') : '$t',
    ...(keepVersions > 0 ? { hk: keepVersions, hf: floor, hd: '$hd' } : { hd: hadVersions }),
  };
  return [{ $replaceWith: withState({ $cond: [{ $and: allowed }, next, '$$ROOT'] }) }];
}

/** The update that deletes a value, lifts a tombstone, or leaves everything as it is. `base` as in {@link setPipeline}. */
export function delPipeline({ mark, expectedRevision }: Omit<KeyDelete, 'key'>, token: WriteToken, base: number | undefined): Document[] {
  const hasExpected = expectedRevision !== undefined;
  const tombstone: Document = { $eq: ['$m', 'tombstone'] };
  const lifts: unknown = mark === 'none' && hasExpected ? tombstone : false;
  const isNothing = { $and: [{ $not: ['$$alive'] }, mark === 'none' ? true : { $or: [{ $eq: ['$m', mark] }, { $eq: ['$m', 'closed'] }] }] };
  const allowed = [
    { $not: [isDone(token)] },
    ...(hasExpected ? [{ $eq: ['$$rev', expectedRevision] }] : []),
    { $or: [lifts, { $not: [isNothing] }] },
    ...(mark === 'closed' ? [{ $or: [{ $not: [exists('$hk')] }, isStill(base)] }] : []),
  ];
  const note = (made: string): Document => ({ w: literal(token.token), t: hasExpected ? done(token, made) : '$t' });
  const lifted = { ...kept, v: '$v', p: '$p', exp: after(rememberedMs), ...note('$v') };
  const keeps = { $and: ['$$alive', exists('$hk')] };
  const deleted = {
    ...kept,
    v: '$$next',
    p: follows,
    ...(mark === 'none' ? { exp: after(rememberedMs), hd: hadVersions } : { m: mark }),
    ...(mark === 'tombstone' ? { hd: hadVersions } : {}),
    ...(mark === 'closed' ? { hk: { $cond: [keeps, '$hk', gone] }, hf: { $cond: [keeps, '$hf', gone] }, hd: { $cond: [keeps, '$hd', hadVersions] } } : {}),
    ...note('$$next'),
  };
  return [{ $replaceWith: withState({ $cond: [{ $and: allowed }, { $cond: [lifts, lifted, deleted] }, '$$ROOT'] }) }];
}

/** The update that gives what is there a revision above `seen`: what somebody was shown must not come after what is stored. A value that has ended goes. */
export function raisePipeline(seen: number): Document[] {
  const above = { $max: ['$$next', seen + 1] };
  const isClosed = { $eq: ['$m', 'closed'] };
  const alive = { ...kept, v: above, b: '$b', c: '$c', x: '$x', exp: '$exp', ts: '$ts', w: '$w', t: '$t', hk: '$hk', hf: '$hf', hd: '$hd' };
  const versions = { hk: { $cond: [isClosed, '$hk', gone] }, hf: { $cond: [isClosed, '$hf', gone] }, hd: { $cond: [isClosed, '$hd', hadVersions] } };
  const absent = { ...kept, v: above, m: '$m', exp: { $cond: [exists('$m'), gone, after(rememberedMs)] }, w: '$w', t: '$t', ...versions };
  return [{ $replaceWith: withState({ $cond: ['$$alive', alive, absent] }) }];
}

/** Kept values are those above this revision. */
const floor: Document = { $cond: ['$$alive', { $cond: [exists('$hk'), '$hf', { $subtract: ['$v', 1] }] }, '$$rev'] };

/** There is no value, or it is the one of this revision. */
function isStill(base: number | undefined): Document {
  return { $or: [{ $not: ['$$alive'] }, ...(base === undefined ? [] : [{ $eq: ['$v', base] }])] };
}

/** What comes back of a write: the server's time, the remembered write if it is this one, and the value unless the writer has it. */
export function answerOf({ token }: WriteToken): Document {
  return {
    f: 1, v: 1, c: 1, x: 1, m: 1, ts: 1, w: 1, hk: 1, hf: 1, hd: 1,
    b: { $cond: [{ $eq: ['$w', literal(token)] }, gone, '$b'] },
    t: { $filter: { input: { $ifNull: ['$t', []] }, cond: { $eq: ['$$this.w', literal(token)] } } },
    now: '$$NOW',
  };
}

/** The same of a read. */
export const stateFields: Document = { f: 1, v: 1, b: 1, c: 1, x: 1, m: 1, ts: 1, hk: 1, hf: 1, now: '$$NOW' };
