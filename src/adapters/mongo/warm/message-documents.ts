import type { DeadLetterRecord } from '../../../port/inspection.js';
import type { Headers, StoredMessage } from '../../../port/message.js';
import type { SubscriptionRef, TopicRef } from '../../../port/names.js';
import { isBsonName } from '../../common/bson-json.js';
import { warmTopic } from '../../common/warm-topic.js';
import { headersToList } from '../layout/message-codec.js';
import { bodyOf, valueOf } from './body-value.js';
import { warmFormat, type DeadLetterDocument, type MessageDocument, type MessageNotes } from './documents.js';
import { idOf } from './names.js';

export function messageDocument(topic: TopicRef, message: StoredMessage, expiresAt: Date | undefined): MessageDocument {
  const { tenantId } = topic;
  const name = warmTopic(topic);
  const { value: payload, encoding } = valueOf(message.body, message.codec);
  return {
    _id: idOf(tenantId, name, message.id),
    tenantId,
    topic: name,
    msgId: message.id,
    headers: plainHeaders(message.headers),
    payload,
    firstSeenAt: new Date(message.publishedAt),
    // As chronos-db counts it: characters.
    size: message.body.length,
    expiresAt,
    cw: notesOf(message, encoding),
  };
}

export function deadLetterDocument(subscription: SubscriptionRef, { message, deliveryCount, history }: DeadLetterRecord, now: number, expiresAt: Date | undefined): DeadLetterDocument {
  const { tenantId, subscription: of } = subscription;
  const topic = warmTopic(subscription);
  const last = history.at(-1);
  const { value: payload, encoding } = valueOf(message.body, message.codec);
  return {
    _id: idOf(tenantId, topic, message.id, of),
    tenantId,
    topic,
    msgId: message.id,
    subscription: of,
    headers: plainHeaders(message.headers),
    payload,
    deliveries: deliveryCount,
    failedAt: new Date(last?.deadAt ?? now),
    reason: last?.reason,
    expiresAt,
    cw: { ...notesOf(message, encoding), publishedAt: new Date(message.publishedAt), history },
  };
}

/** The message again; one that chronos-db wrote has JSON as its body. */
export function messageOf({ msgId, headers, payload, firstSeenAt, cw }: MessageDocument): StoredMessage {
  return { id: msgId, body: bodyOf(payload, cw?.enc), headers: headersOf(headers, cw?.h), codec: cw?.codec, key: cw?.key, publishedAt: firstSeenAt.getTime(), expiresAt: cw?.x?.getTime() };
}

function notesOf({ codec, key, headers, expiresAt }: StoredMessage, enc: MessageNotes['enc']): MessageNotes {
  const h = plainHeaders(headers) === undefined && Object.keys(headers).length > 0 ? headersToList(headers) : undefined;
  return { f: warmFormat, enc, codec, key, x: expiresAt === undefined ? undefined : new Date(expiresAt), h };
}

/** Left out where there are none, or where a name is one that MongoDB takes for something else. */
function plainHeaders(headers: Headers): Record<string, string> | undefined {
  const names = Object.keys(headers);
  return names.length > 0 && names.every(isBsonName) ? { ...headers } : undefined;
}

function headersOf(plain: Headers | undefined, list: readonly string[] | undefined): Headers {
  const entries: [string, string][] = [];
  if (list !== undefined) for (let at = 0; at < list.length; at += 2) entries.push([list[at] ?? '', list[at + 1] ?? '']);
  else for (const [name, value] of Object.entries(plain ?? {})) entries.push([name, value]);
  return Object.fromEntries(entries);
}
