import fc from 'fast-check';
import { expect, it } from 'vitest';
import type { ConformanceHarness } from '../../marbles/conformance/harness.js';
import { redisHarness } from '../conformance/support/redis-harness.js';
import { removeNamespace } from '../conformance/support/remove-namespace.js';
import { modelBugs } from '../fixtures/model/planted-bugs.js';
import type { ModelBug } from '../fixtures/model/planted-bug.js';
import { describeRedis, redisPort } from '../support/redis/shared.js';
import { openings, play, sequences } from './sequence.js';

/** Mistakes that a model which is too patient in real time would not see, and that few sequences find. Not here for their time: a renewal that is not done (30 sequences), no order (21). */
const names = [
  'a lease lapses a tenth before the end it shows',
  'a scheduled message comes a tenth too early',
  'what expired is handed out all the same',
  'a waiting claim is not woken',
  'nobody is told of a lapse',
];
const most = 40;

describeRedis('the model has teeth on Redis', () => {
  const plain = redisHarness('redis', () => ({ hosts: [{ host: '127.0.0.1', port: redisPort() }] }), (namespace) => removeNamespace(redisPort(), namespace));
  const withBug = ({ plant }: ModelBug): ConformanceHarness => ({
    ...plain,
    open: async () => {
      const session = await plain.open();
      return { ...session, broker: plant(session.broker), second: session.second === undefined ? undefined : plant(session.second) };
    },
  });

  it.concurrent.each(names)('it notices that %s', { timeout: 300_000 }, async (name) => {
    const bug = modelBugs.find((one) => one.bug === name);
    if (bug === undefined) expect.fail('there is no such mistake');
    const property = fc.asyncProperty(openings, sequences(40), (opening, commands) => play(withBug(bug), opening, commands));
    const { failed, numRuns } = await fc.check(property, { seed: 1, numRuns: most, endOnFailure: true });
    expect(failed, `${most} sequences found nothing wrong`).toBe(true);
    if (process.env['MODEL_TEETH'] !== undefined) process.stderr.write(`${name}: ${numRuns}\n`);
  });
});
