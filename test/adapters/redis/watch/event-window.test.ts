import { expect, it } from 'vitest';
import { EventWindow } from '../../../../src/adapters/redis/watch/event-window.js';
import type { ChangeMessage } from '../../../../src/adapters/redis/keys/change-message.js';
import { virtualRuntime } from '../../../support/virtual-runtime.js';

const message = (over: Partial<ChangeMessage> = {}): ChangeMessage => ({ cause: 'set', isTtl: false, isOwnWrite: true, isShort: false, state: { revision: 1, body: 'a', expiresAt: undefined, mark: 'none' }, ...over });

/** How often a foreign write was noticed after these happened, the pauses in ms. */
function foreign(...steps: readonly (string | number | ChangeMessage)[]): number {
  const runtime = virtualRuntime();
  let count = 0;
  const window = new EventWindow(runtime, () => { count += 1; });
  for (const step of steps) {
    if (typeof step === 'string') window.event(step);
    else if (typeof step === 'number') runtime.advance(step);
    else window.message(step);
  }
  runtime.advance(100);
  return count;
}

it('an event with its message, in either order, is a write of ours', () => {
  expect(foreign('set', message())).toBe(0);
  expect(foreign(message(), 'set')).toBe(0);
  expect(foreign('set', 2, message())).toBe(0);
  expect(foreign('del', message({ cause: 'delete' }))).toBe(0);
  expect(foreign('set', 'expire', message({ state: { revision: 1, body: 'a', expiresAt: 5, mark: 'none' } }))).toBe(0);
  expect(foreign('expire', message({ isTtl: true, state: { revision: 1, body: undefined, expiresAt: 5, mark: 'none' } }))).toBe(0);
});

it('an event without a message is somebody else, also between writes of ours', () => {
  expect(foreign('set')).toBe(1);
  expect(foreign('expire')).toBe(1);
  expect(foreign('del', message())).toBe(1);
  expect(foreign('set', message(), 'set')).toBe(1);
  expect(foreign(message(), 'set', 'set')).toBe(1);
  expect(foreign(message(), 20, 'set')).toBe(1);
});

it('a message about what others did explains no event: theirs may come right behind it', () => {
  expect(foreign('set', 6, message({ isOwnWrite: false }), 'set')).toBe(2);
});

it('what our scripts never do needs no waiting', () => {
  expect(foreign('append', 'rename_from', 'expired')).toBe(3);
});
