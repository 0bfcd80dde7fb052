import { expect, it } from 'vitest';
import { describeRedis } from '../../../support/redis/shared.js';
import { planted } from './support/faulty-line.js';
import type { Wrap } from './support/order-broker.js';
import { runFlock } from './support/run-flock.js';

const noAudit = planted('order-audit', ['local exact, inHand', "do return { 'ok', '0', '0', 0 } end\nlocal exact, inHand"]);

const bugs: Readonly<Record<string, Wrap>> = {
  'each process sorts what it reads for itself': planted('order-turn', ['local isOpen = not h or', 'local isOpen = true or']),
  'a message that waits for its retry does not block its key': planted('order-turn', ['h.d = h.d + 1', ''], ['if h.d > 0 then h.d = h.d - 1 end', '']),
  'a key goes on with the first of a run that is back': planted('order-turn', ['h.n = h.n - 1', 'h.n = 0']),
  // The audit would put it right.
  'what lapsed stays counted in hand': (connection) => noAudit(planted('order-sweep', ['h.n = h.n - 1', ''])(connection)),
  'what lapsed goes to the end': planted('order-sweep', ['parkNow(lane, h, place, past.h)', "parkNow(lane, h, int(at) .. '-' .. string.match(place, '%d+$'), past.h)"]),
};

describeRedis('the checker of order', () => {
  for (const [name, wrap] of Object.entries(bugs)) {
    it(`notices when ${name}`, { timeout: 90_000 }, async () => {
      const run = { order: 'key', keys: 4, messages: 600, window: 16, kills: 4, seed: 8, workMs: 20 } as const;
      const { log } = await runFlock(run, wrap, 8_000);
      // The bug itself, not a script that does not run.
      expect(log.breaks.filter((text) => text.startsWith('stream'))).toEqual([]);
      expect(log.breaks.length > 0 || log.done < run.messages, 'the bug was seen').toBe(true);
    });
  }
});
