import { capacity } from './capacity.js';
import { claim } from './claim.js';
import { close } from './close.js';
import { deadLetters } from './dead-letters.js';
import { fanOut } from './fan-out.js';
import type { ConformanceHarness, ConformanceRunner } from './harness.js';
import { idempotency } from './idempotency.js';
import { inspection } from './inspection.js';
import { isolation } from './isolation.js';
import { keys } from './keys.js';
import { lease } from './lease.js';
import { lifecycle } from './lifecycle.js';
import { order } from './order.js';
import { orderKey } from './order-key.js';
import { publish } from './publish.js';
import { redelivery } from './redelivery.js';
import { replay } from './replay.js';
import { retention } from './retention.js';
import { schedule } from './schedule.js';
import { scopes } from './scopes.js';
import { settle } from './settle.js';
import { subscriptions } from './subscriptions.js';
import { suiteOf } from './suite.js';
import type { Concern } from './suite.js';
import { topics } from './topics.js';
import { ttl } from './ttl.js';
import { watch } from './watch.js';

export type { ConformanceHarness, ConformanceRunner, ConformanceSession, UnknownCount } from './harness.js';

const concerns: readonly (readonly [name: string, concern: Concern])[] = [
  ['life cycle', lifecycle],
  ['topics and subscriptions', topics],
  ['publish', publish],
  ['idempotency', idempotency],
  ['schedule', schedule],
  ['time to live', ttl],
  ['policies and start', subscriptions],
  ['fan-out', fanOut],
  ['claim', claim],
  ['settle', settle],
  ['lease', lease],
  ['redelivery', redelivery],
  ['isolated last attempt', isolation],
  ['order by key', orderKey],
  ['order', order],
  ['capacity', capacity],
  ['retention', retention],
  ['inspection', inspection],
  ['dead letters', deadLetters],
  ['replay', replay],
  ['keys', keys],
  ['watch', watch],
  ['scopes', scopes],
  ['close', close],
];

/**
 * Registers with a test runner everything the port promises, a sentence a test. A backend that passes can carry the
 * bus. The suite imports no runner: hand it `describe` and `it` of whichever you use.
 *
 * Every test opens a session of its own by `harness.open()` and closes it, whether it passed or not. Where the port
 * leaves a choice, the expected value is looked up in `harness.capabilities`, which the broker must declare as well;
 * the name of a backend is never asked. All waiting goes through `session.advance`, so that one and the same test runs
 * in virtual time (a session's `advance` moves the clock) and in real time (it waits).
 *
 * Give tests of a real backend time: some of them live through 20 leases.
 *
 * @param runner `describe` and `it`; `it` is handed a function that returns a promise.
 * @param harness the backend under test. See {@link ConformanceHarness}.
 *
 * @example
 * ```ts
 * import { setTimeout } from 'node:timers/promises';
 * import { firstValueFrom } from 'rxjs';
 * import { describe, it } from 'vitest';
 * import { conformance } from 'chronow/marbles/conformance';
 * import { memoryBroker } from 'chronow/memory';
 *
 * conformance({ describe, it }, {
 *   name: 'the memory broker in real time',
 *   capabilities: memoryBroker().capabilities,
 *   lease: 300,
 *   patienceMs: 2_000,
 *   quietMs: 30,
 *   async open() {
 *     const broker = memoryBroker();
 *     await firstValueFrom(broker.open());
 *     return {
 *       broker,
 *       scope: { tenantId: 'conformance', namespace: 'fresh' },
 *       now: () => Date.now(),
 *       advance: (ms) => setTimeout(ms),
 *       close: () => firstValueFrom(broker.close()),
 *     };
 *   },
 * });
 * ```
 */
export function conformance(runner: ConformanceRunner, harness: ConformanceHarness): void {
  runner.describe(`${harness.name} keeps the promises of the port`, () => {
    for (const [name, concern] of concerns) runner.describe(name, () => concern(suiteOf(runner, harness)));
  });
}

/**
 * The sentences that {@link conformance} would test, by concern, without running one.
 *
 * @example
 * ```ts
 * conformanceSentences(harness).get('lease'); // ['a lease that ends unsettled brings the message back …', …]
 * ```
 */
export function conformanceSentences(harness: ConformanceHarness): ReadonlyMap<string, readonly string[]> {
  const sentences = new Map<string, string[]>();
  let concern: string[] = [];
  const collect: ConformanceRunner = {
    describe(name, body) {
      concern = [];
      sentences.set(name, concern);
      body();
    },
    it: (sentence) => concern.push(sentence),
  };
  conformance(collect, harness);
  sentences.delete(`${harness.name} keeps the promises of the port`);
  return sentences;
}
