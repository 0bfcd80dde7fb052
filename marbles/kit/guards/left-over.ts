import type { PeekedMessage, SubscriptionStats, TopicStats } from '../../../src/port/inspection.js';
import type { SubscriptionRef, TopicRef } from '../../../src/port/names.js';
import { deadLettersOf } from '../expect/dead-letters.js';
import type { SubscriptionRecord } from '../journal.js';
import { answerOf } from '../answer-of.js';
import type { Problem } from '../problem.js';
import type { Ended } from './ended.js';

const said = { waiting: 'waits', delayed: 'is delayed', leased: 'is leased and unsettled' } as const;

/** Messages that are somewhere at the end, and that nothing in the test speaks of. */
export function leftOver(ended: Ended): readonly Problem[] {
  return topicsOf(ended).flatMap((ref) => {
    const stats = statsOf(ended, ref);
    if (stats === undefined) return [];
    return [...unread(ended, ref, stats), ...scheduled(ended, ref, stats), ...stats.subscriptions.flatMap((one) => ofSubscription(ended, { ...ref, subscription: one.name }, one))];
  });
}

function topicsOf({ journal, broker }: Ended): readonly TopicRef[] {
  const refs = new Map([...journal.topics.values()].map(({ ref, label }) => [label, ref]));
  for (const { ref } of answerOf(broker.topics.listTopics(journal.scope)) ?? []) refs.set(journal.topic(ref).label, ref);
  return [...refs.values()];
}

function statsOf({ broker }: Ended, ref: TopicRef): TopicStats | undefined {
  return answerOf(broker.inspection.stats(ref));
}

/** Published, and nobody ever subscribed. */
function unread({ journal, allowed, published }: Ended, ref: TopicRef, { subscriptions }: TopicStats): readonly Problem[] {
  const { label, publications } = journal.topic(ref);
  const read = subscriptions.length > 0 || [...journal.subscriptions.values()].some(({ topic }) => topic.label === label);
  if (read || publications.length === 0 || allowed.has('waiting') || published.has(label)) return [];
  return [{ title: `${label}: nothing subscribes to it, and ${String(publications.length)} messages were published; expectPublished('${label}', …), or allow('waiting')`, lines: [] }];
}

function scheduled({ journal, allowed }: Ended, ref: TopicRef, { scheduled: count }: TopicStats): readonly Problem[] {
  if (count === null || count === 0 || allowed.has('scheduled')) return [];
  return [{ title: `${journal.topic(ref).label}: ${String(count)} messages are scheduled for later at the end; let time go on (horizonMs), or allow('scheduled')`, lines: [] }];
}

function ofSubscription(ended: Ended, ref: SubscriptionRef, stats: SubscriptionStats): readonly Problem[] {
  const record = ended.journal.subscription(ref);
  const present = (['waiting', 'delayed', 'leased'] as const).filter((state) => (stats[state] ?? 0) > 0 && !ended.allowed.has(state));
  const peeked = present.length === 0 ? [] : peek(ended, ref);
  const left = present.map((state): Problem => {
    const names = peeked.filter((message) => message.state === state).map(({ message, deliveryCount }) => `${record.topic.names.of(message.id)} (delivered ${times(deliveryCount)})`);
    return { title: `${record.label}: at the end ${names.slice(0, 10).join(', ')}${names.length > 10 ? ` and ${String(names.length - 10)} more` : ''} ${said[state]}; let the flow settle it, or allow('${state}')`, lines: [] };
  });
  return [...left, ...unexpectedDead(ended, record)];
}

function peek({ broker }: Ended, ref: SubscriptionRef): readonly PeekedMessage[] {
  return answerOf(broker.inspection.peek(ref, 10_000)) ?? [];
}

function unexpectedDead(ended: Ended, record: SubscriptionRecord): readonly Problem[] {
  if (ended.allowed.has('dead') || ended.dead.some(({ place }) => place === record.label)) return [];
  const rows = ended.settled.find(({ place }) => place === record.label);
  const dead = deadLettersOf(ended.broker, record).map(({ message, history }) => ({ name: record.topic.names.of(message.id), reason: history.at(-1)?.reason ?? '?' }));
  const unexpected = dead.filter(({ name }) => rows?.speaksOfDeath(name) !== true);
  if (unexpected.length === 0) return [];
  return [{ title: `${record.label}: at the end ${unexpected.map(({ name, reason }) => `${name} (${reason})`).join(', ')} is among the dead letters; expectDeadLetters('${record.label}', …), or allow('dead')`, lines: [] }];
}

function times(count: number): string {
  return count === 1 ? 'once' : `${String(count)} times`;
}
