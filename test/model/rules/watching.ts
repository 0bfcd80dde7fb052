import assert from 'node:assert/strict';
import type { KeyChange, WatchSignal } from '../../../src/port/watch-source.js';
import { mayHaveCome } from '../span.js';
import type { Now } from '../span.js';
import type { KeyModel } from '../state/key-model.js';
import type { Watching } from '../state/watching.js';

/** Somebody who watches was shown something. */
export function checkSignal(watching: Watching, signal: WatchSignal, keyOf: (key: string) => KeyModel, now: Now): void {
  assert.ok(!watching.hasStopped, 'something was shown to somebody who no longer watches');
  if (signal.kind === 'status') {
    if (signal.status === 'live') watching.isLive = true;
    return;
  }
  const { change } = signal;
  const { key: ref, state, cause } = change;
  assert.ok(watching.covers(ref.key), `${ref.key} was shown to somebody who watches ${JSON.stringify(watching.target)}`);
  const key = keyOf(ref.key);
  if (!watching.isLive) assert.equal(cause, 'resync', 'what is there already is shown as resync');
  const before = watching.shown.get(ref.key);
  if (before !== undefined) assert.ok(state.revision >= before.state.revision + (cause === 'resync' ? 0 : 1), `the revision of ${ref.key} went from ${before.state.revision} to ${state.revision}`);
  watching.shown.set(ref.key, change);
  if (cause === 'expire') checkEnd(key, change, now);
  else if (cause === 'set') assert.ok(key.written.some(({ revision, body }) => revision === state.revision && body === state.body), `${ref.key} was shown as ${String(state.body)} at ${state.revision}, which nobody wrote`);
  else if (cause === 'delete') assert.equal(state.body, undefined, `the end of ${ref.key} was shown with a value`);
  // A value that ended by itself: now it is known at which revision. To somebody who comes later the end is shown as a state, not as an end.
  if (state.revision >= key.revision && (key.isUnseen || cause === 'resync')) key.look(state.body !== undefined, state.revision, now);
}

function checkEnd(key: KeyModel, { state }: KeyChange, now: Now): void {
  assert.equal(state.body, undefined, `the end of ${key.key} was shown with a value`);
  // Somebody has written it since.
  if (state.revision < key.revision) return;
  if (isOfFormer(key, now)) {
    key.isUnseen = true;
    return;
  }
  if (key.expires === undefined) {
    assert.ok(key.isUnseen || key.revision === state.revision, `${key.key} was shown to expire, which it does not`);
    return;
  }
  assert.ok(mayHaveCome(key.expires, now), `the end of ${key.key} was shown before its time`);
  key.end(state.revision, 'none');
}

/** Over a network a look may be behind the latest write: it finds that the value before it has ended, and what is stored gets a revision above the one that was shown. */
function isOfFormer({ expires, formerExpires }: KeyModel, now: Now): boolean {
  return now.patienceMs > 0 && formerExpires !== undefined && mayHaveCome(formerExpires, now) && (expires === undefined || !mayHaveCome(expires, now));
}

/** Once everything is still, whoever watches has been shown what is stored. */
export function checkShown(watching: Watching, keys: Iterable<KeyModel>): void {
  assert.ok(watching.isLive, `a watch of ${JSON.stringify(watching.target)} never became live`);
  for (const key of keys) {
    if (!watching.covers(key.key)) continue;
    const shown = watching.shown.get(key.key)?.state;
    assert.equal(shown?.body, key.body, `${key.key}, as shown to somebody who watches`);
    if (shown !== undefined && !key.isUnseen && key.body !== undefined) assert.equal(shown.revision, key.revision, `the revision of ${key.key}, as shown`);
    if ('key' in watching.target) assert.ok(shown !== undefined, `somebody who watches ${key.key} was not shown its state`);
  }
}
