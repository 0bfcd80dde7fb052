import type { Journal, SubscriptionRecord, TopicRecord } from './journal.js';
import type { Problem } from './problem.js';

export interface SubscriptionFinder {
  (place: string): SubscriptionRecord | undefined;
  /** What there is. */
  readonly known: () => readonly string[];
}

export interface TopicFinder {
  (name: string): TopicRecord | undefined;
  readonly known: () => readonly string[];
}

/** Finds subscriptions by `topic/subscription`; the `*` of `topic/*` is the only one of the topic, as an ephemeral one that has no name. */
export function subscriptionFinder(journal: Journal): SubscriptionFinder {
  const find = (place: string): SubscriptionRecord | undefined => {
    const all = [...journal.subscriptions.values()];
    const named = all.find(({ label }) => label === place);
    if (named !== undefined || !place.endsWith('/*')) return named;
    const ofTopic = all.filter(({ topic }) => topic.label === place.slice(0, -2));
    return ofTopic.length === 1 ? ofTopic[0] : undefined;
  };
  return Object.assign(find, { known: () => [...journal.subscriptions.values()].map(({ label }) => label) });
}

export function topicFinder(journal: Journal): TopicFinder {
  const find = (name: string): TopicRecord | undefined => [...journal.topics.values()].find(({ label }) => label === name);
  return Object.assign(find, { known: () => [...journal.topics.values()].map(({ label }) => label) });
}

export function unknownSubscription(what: string, place: string, { known }: SubscriptionFinder): Problem {
  return { title: `${what}: nothing ever subscribed to ${place}`, lines: [`subscriptions: ${known().join(', ') || 'none'}; a place is written 'topic/subscription'`] };
}

export function unknownTopic(what: string, name: string, { known }: TopicFinder): Problem {
  return { title: `${what}: there is no topic ${name}`, lines: [`topics: ${known().join(', ') || 'none'}`] };
}
