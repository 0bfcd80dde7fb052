import assert from 'node:assert/strict';
import type { KeyDelete, KeyState, KeyVersion, KeyWrite, KeyWriteAnswer } from '../../../src/port/key-store.js';
import { includes, later } from '../span.js';
import type { Now } from '../span.js';
import type { KeyModel } from '../state/key-model.js';

/** Whether a command that expects this revision may, or must, be done. */
export function fits(key: KeyModel, expected: number | undefined, now: Now): { readonly may: boolean; readonly must: boolean } {
  if (expected === undefined) return { may: true, must: true };
  const isBelow = expected < key.revision;
  if (key.isUnseen || key.mayBeOver(now)) return { may: !isBelow, must: false };
  return { may: expected === key.revision, must: expected === key.revision };
}

/** A state that was read, or that was in the way of a command. */
export function checkState(key: KeyModel, state: KeyState, now: Now): void {
  key.look(state.body !== undefined, state.revision, now);
  assert.equal(state.body, key.body, `the value of ${key.key}`);
  assert.ok(state.revision >= key.revision, `the revision of ${key.key} went back from ${key.revision} to ${state.revision}`);
  if (!key.isUnseen) assert.equal(state.revision, key.revision, `the revision of ${key.key} changed by itself`);
  assert.equal(state.mark, key.mark, `the mark of ${key.key}`);
  assert.equal(state.expiresAt === undefined, key.expires === undefined, `whether ${key.key} expires`);
  if (state.expiresAt !== undefined && key.expires !== undefined) assert.ok(includes(key.expires, state.expiresAt), `${key.key} expires at ${state.expiresAt}, it should at ${key.expires.lo}`);
}

export function checkWritten(key: KeyModel, write: KeyWrite & { readonly body: string }, answer: KeyWriteAnswer, now: Now): void {
  const { body, ttlMs, expectedRevision, keepVersions } = write;
  checkFit(key, expectedRevision, answer, now);
  const { state } = answer;
  if (!answer.written) {
    checkState(key, state, now);
    return;
  }
  assert.ok(state.revision > key.revision, `the revision of ${key.key} did not grow: ${state.revision} came after ${key.revision}`);
  key.look(!key.mayBeOver(now), key.revision, now);
  key.set(body, state.revision, ttlMs === undefined ? undefined : later(now, ttlMs), keepVersions ?? 0);
  checkState(key, state, now);
}

export function checkDeleted(key: KeyModel, { mark, expectedRevision }: KeyDelete, answer: KeyWriteAnswer, now: Now): void {
  checkFit(key, expectedRevision, answer, now);
  const { state } = answer;
  if (answer.written) {
    assert.ok(state.revision >= key.revision, `the revision of ${key.key} went back with a delete`);
    assert.equal(state.body, undefined, `${key.key} was deleted and has a value`);
    // What has no value keeps its mark, or takes the new one; what is closed is closed for good.
    const legal: readonly KeyState['mark'][] = key.mark === 'closed' ? ['closed'] : key.body === undefined && mark === 'none' ? [key.mark, 'none'] : [mark];
    assert.ok(legal.includes(state.mark), `${key.key} is marked ${state.mark}, legal is ${legal.join(' or ')}`);
    key.end(state.revision, state.mark);
  } else checkState(key, state, now);
}

function checkFit(key: KeyModel, expected: number | undefined, { written }: KeyWriteAnswer, now: Now): void {
  const { may, must } = fits(key, expected, now);
  assert.ok(written ? may : !must, `${key.key} is at ${key.revision}, ${String(expected)} was expected, and the command was ${written ? '' : 'not '}done`);
}

export function checkHistory(key: KeyModel, versions: readonly KeyVersion[], limit: number, now: Now): void {
  const seen = versions.map(({ revision, body }) => ({ revision, body }));
  assert.ok(seen.length <= Math.min(limit, key.keep), `${seen.length} versions of ${key.key} where ${key.keep} are kept and ${limit} asked for`);
  // Its versions go with a value that ends, which it may have done since it was read.
  const must = seen.length === 0 && key.mayBeOver(now) ? [] : key.replaced.slice(0, limit);
  assert.deepEqual(seen.slice(0, must.length), must, `the history of ${key.key}`);
  for (const [index, version] of seen.entries()) {
    assert.ok(key.written.some(({ revision, body }) => revision === version.revision && body === version.body), `${key.key} never was ${String(version.body)} at ${version.revision}`);
    const before = seen[index - 1];
    assert.ok(version.revision < (before?.revision ?? (key.body === undefined ? Infinity : key.revision)), `the history of ${key.key} is out of order`);
  }
}
