import type { DeadLetterRecord } from '../../port/inspection.js';
import type { Headers, StoredMessage } from '../../port/message.js';
import type { SubscriptionRef, TopicRef } from '../../port/names.js';
import type { WarmRange } from '../../port/warm-store.js';
import { isBsonName } from '../common/bson-json.js';
import { warmTopic } from '../common/warm-topic.js';
import type { ChronosMessage, ChronosMessagingApi } from './chronos.js';
import { decodeBody, encodeBody } from './wrapped-value.js';

/** Names that no user's header begins with: what chronos-db has no field for. */
const own = 'cw-';

export async function saveMessages(api: ChronosMessagingApi, topic: TopicRef, messages: readonly StoredMessage[], until: number | undefined): Promise<void> {
  const name = warmTopic(topic);
  await api.topics.ensure({ topic: name });
  await Promise.all(messages.map((message) => {
    const { val, enc } = encodeBody(message.body, message.codec);
    return api.messages.save({ topic: name, msgId: message.id, headers: headersOf(message, enc, { until }), payload: val, firstSeenAt: new Date(message.publishedAt), size: message.body.length });
  }));
}

/** All from a time on are read, since it lists the newest first. */
export async function readMessages(api: ChronosMessagingApi, { topic, from, to, after, max }: WarmRange, now: number): Promise<readonly StoredMessage[]> {
  const name = warmTopic(topic);
  const start = after === undefined ? undefined : (await api.messages.get({ topic: name, msgId: after }))?.firstSeenAt.getTime();
  const since = Math.max(from, start ?? from);
  const all = await api.messages.list({ topic: name, limit: 0, ...(since > 0 ? { after: new Date(Math.min(since - 1, 8.64e15)) } : {}) });
  return all.filter(({ headers }) => !hasEnded(headers, now))
    .map(messageOf)
    .filter(({ publishedAt, id }) => publishedAt >= from && publishedAt <= to && (start === undefined || after === undefined || publishedAt > start || id > after))
    .sort((one, other) => one.publishedAt - other.publishedAt || (one.id < other.id ? -1 : 1))
    .slice(0, max);
}

/** Looked for first: it has no unique index of them. */
export async function saveDeadLetter(api: ChronosMessagingApi, { message, deliveryCount, history }: DeadLetterRecord, ref: SubscriptionRef, now: number, until: number | undefined): Promise<void> {
  const topic = warmTopic(ref);
  const last = history.at(-1);
  const failedAt = new Date(last?.deadAt ?? now);
  const same = await api.deadLetters.list({ topic, limit: 0, after: new Date(failedAt.getTime() - 1) });
  if (same.some(({ msgId, subscription, headers }) => msgId === message.id && subscription === ref.subscription && !hasEnded(headers, now))) return;
  const { val, enc } = encodeBody(message.body, message.codec);
  const headers = headersOf(message, enc, { until, published: message.publishedAt, history: JSON.stringify(history) });
  await api.deadLetters.save({ topic, subscription: ref.subscription, msgId: message.id, headers, payload: val, deliveries: deliveryCount, failedAt, ...(last === undefined ? {} : { reason: last.reason }) });
}

export function messageOf({ msgId, headers = {}, payload, firstSeenAt }: ChronosMessage): StoredMessage {
  const note = (name: string): string | undefined => headers[`${own}${name}`];
  const expires = note('expires');
  return {
    id: msgId,
    body: decodeBody(payload, note('enc')),
    headers: userHeaders(headers, note('headers')),
    codec: note('codec'),
    key: note('key'),
    publishedAt: firstSeenAt.getTime(),
    expiresAt: expires === undefined ? undefined : Number(expires),
  };
}

function headersOf({ headers, codec, key, expiresAt }: StoredMessage, enc: string | undefined, more: Readonly<Record<string, string | number | undefined>>): Record<string, string> {
  const entries = Object.entries(headers);
  const isPlain = entries.every(([name]) => isBsonName(name));
  const notes = { enc, codec, key, expires: expiresAt, headers: isPlain ? undefined : JSON.stringify(entries), ...more };
  return Object.fromEntries([
    ...(isPlain ? entries : []),
    ...Object.entries(notes).flatMap(([name, value]): [string, string][] => (value === undefined ? [] : [[`${own}${name}`, String(value)]])),
  ]);
}

function userHeaders(stored: Headers, encoded: string | undefined): Headers {
  if (encoded === undefined) return Object.fromEntries(Object.entries(stored).filter(([name]) => !name.startsWith(own)));
  const entries: unknown = JSON.parse(encoded);
  const pairs: [string, string][] = [];
  if (Array.isArray(entries)) for (const entry of entries) if (Array.isArray(entry)) pairs.push([String(entry[0]), String(entry[1])]);
  return Object.fromEntries(pairs);
}

function hasEnded(headers: Headers | undefined, now: number): boolean {
  const until = headers?.[`${own}until`];
  return until !== undefined && Number(until) <= now;
}
