import type { Broker } from '../../../src/port/broker.js';
import type { DeadLetterRecord } from '../../../src/port/inspection.js';
import type { KeyState } from '../../../src/port/key-store.js';
import { keyRef } from '../clients/sharing.js';
import type { Plan } from '../plan/plan.js';
import { bodyText } from './message-text.js';

/** A dead letter in plain values: a backend may keep its fields in getters. */
export interface DeadLetterText {
  readonly id: string;
  readonly body: string;
  readonly headers: string;
  readonly key: string | undefined;
  readonly count: number;
  readonly reason: string;
}

/** How a run ended. */
export interface EndOfRun {
  /** What was thrown where nobody caught it. */
  readonly crash: unknown;
  /** When everything was worked off; undefined: it never was. */
  readonly drainedAt: number | undefined;
  /** How long each process took to close, ms; undefined: it did not. */
  readonly closing: ReadonlyMap<string, number | undefined>;
  /** Promises of living processes that did not settle. */
  readonly unsettled: readonly string[];
}

export interface FinalState extends EndOfRun {
  /** What is not worked off: `orders/a: waiting 1`. */
  readonly left: readonly string[];
  readonly dead: ReadonlyMap<string, readonly DeadLetterText[]>;
  readonly keys: ReadonlyMap<string, KeyState>;
}

/** For an answer nobody needs. */
export const nothing = (): void => undefined;

export function leftIn(broker: Broker, plan: Plan): readonly string[] {
  const left: string[] = [];
  for (const topic of new Set(plan.subscriptions.map((subscription) => subscription.topic))) {
    broker.inspection.stats({ ...place, topic }).subscribe(({ scheduled, subscriptions }) => {
      if (scheduled !== null && scheduled > 0) left.push(`${topic}: scheduled ${String(scheduled)}`);
      for (const { name, waiting, delayed, leased } of subscriptions) {
        for (const [state, count] of Object.entries({ waiting, delayed, leased })) if (count !== null && count > 0) left.push(`${topic}/${name}: ${state} ${String(count)}`);
      }
    });
  }
  return left;
}

export function finalState(broker: Broker, plan: Plan, end: EndOfRun): FinalState {
  const dead = new Map<string, readonly DeadLetterText[]>();
  for (const { topic, name: subscription } of plan.subscriptions) {
    broker.inspection.peekDeadLetters({ ...place, topic, subscription }, 10_000).subscribe((records) => { dead.set(`${topic}/${subscription}`, records.map(textOf)); });
  }
  const keys = new Map<string, KeyState>();
  for (const key of new Set([...plan.keyWrites.map((write) => write.key), ...plan.clients.flatMap(({ watches }) => watches)])) {
    broker.keys.get(keyRef(key)).subscribe((state) => { keys.set(key, state); });
  }
  return { ...end, left: leftIn(broker, plan), dead, keys };
}

const place = { tenantId: 'default', namespace: 'default' } as const;

function textOf({ message, deliveryCount, history }: DeadLetterRecord): DeadLetterText {
  const { id, body, headers, key } = message;
  return { id, body: bodyText(body), headers: JSON.stringify(headers), key, count: deliveryCount, reason: history.at(-1)?.reason ?? '' };
}
