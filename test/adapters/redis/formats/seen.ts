import type { Broker } from '../../../../src/port/broker.js';
import type { Body, StoredMessage } from '../../../../src/port/message.js';
import type { Scope } from '../../../../src/port/names.js';
import { ask } from './scene.js';

interface Identified {
  readonly id: string;
}

export interface Seen {
  readonly topics: readonly { readonly messages: readonly Identified[]; readonly subscriptions: readonly { readonly unsettled: readonly Identified[]; readonly dead: readonly Identified[] }[] }[];
  readonly values: readonly object[];
}

/** All that can be read of a scope, as plain data. */
export async function everythingSeen(broker: Broker, scope: Scope): Promise<Seen> {
  const topics = await ask(broker.topics.listTopics(scope));
  const seen = [];
  for (const { ref, limits } of [...topics].sort((left, right) => (left.ref.topic < right.ref.topic ? -1 : 1))) {
    const subscriptions = [];
    const stored = await ask(broker.topics.listSubscriptions(ref));
    for (const { ref: own, policy, ephemeral } of [...stored].sort((left, right) => (left.ref.subscription < right.ref.subscription ? -1 : 1))) {
      const peeked = await ask(broker.inspection.peek(own, 100));
      const dead = await ask(broker.inspection.peekDeadLetters(own, 100));
      subscriptions.push({
        name: own.subscription,
        policy,
        ephemeral,
        unsettled: peeked.map(({ message, ...rest }) => ({ ...plain(message), ...rest })),
        dead: dead.map(({ message, deliveryCount, history }) => ({ ...plain(message), deliveryCount, history })),
      });
    }
    const { length, scheduled, subscriptions: counts } = await ask(broker.inspection.stats(ref));
    const messages = await ask(broker.inspection.read({ topic: ref, from: 0, to: Number.MAX_SAFE_INTEGER, max: 100 }));
    seen.push({
      topic: ref.topic,
      limits,
      length,
      scheduled,
      counts: counts.map(({ name, waiting, delayed, leased, dead }) => ({ name, waiting, delayed, leased, dead })).sort((left, right) => (left.name < right.name ? -1 : 1)),
      messages: messages.map(plain),
      subscriptions,
    });
  }
  const values = [];
  for (const key of ['limits:eu', 'gone', 'closed', 'never']) {
    const ref = { ...scope, key };
    const { body, ...state } = await ask(broker.keys.get(ref));
    const history = await ask(broker.keys.history(ref, 10));
    values.push({ key, ...state, body: textOf(body), history: history.map((version) => ({ ...version, body: textOf(version.body) })) });
  }
  return { topics: seen, values };
}

function plain({ body, ...message }: StoredMessage): Identified & { readonly headers: object; readonly body: string | undefined } {
  return { ...message, headers: { ...message.headers }, body: textOf(body) };
}

function textOf(body: Body | undefined): string | undefined {
  return typeof body === 'string' || body === undefined ? body : `base64:${Buffer.from(body).toString('base64')}`;
}
