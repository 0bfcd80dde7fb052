import type { SubscriptionRef, TopicRef } from '../../../port/names.js';
import type { SubscriptionPolicy, TopicLimits } from '../../../port/policy.js';
import { documentFormat } from '../layout/message-codec.js';
import type { LimitsDocument, PolicyDocument, SubscriptionDocument, TopicDocument } from '../layout/topic-document.js';
import type { SubscriptionRecord, TopicOverview } from './records.js';
import { foreignRecord, formatTooNew } from './refusals.js';

/** A topic's document, read. Throws `FORMAT_TOO_NEW`, and `FOREIGN_VALUE` for what is none. */
export function readTopic(ref: TopicRef, document: TopicDocument): TopicOverview {
  checkTopic(ref, document);
  const { id, limits, nm, seq, clk, subs } = document;
  return {
    topic: { ref, id, limits: readLimits(limits), shardsNamed: nm, seq, publishedAt: clk.getTime() },
    subscriptions: subs.map((sub) => readSubscription({ ...ref, subscription: sub.name }, id, sub)),
  };
}

/** The name of a topic, from its document. */
export function refOf({ tn, ns, name }: TopicDocument): TopicRef {
  return { tenantId: tn, namespace: ns, topic: name };
}

export function limitsDocument(limits: TopicLimits): LimitsDocument {
  return { ml: limits.maxStreamLen, of: limits.onFull, rt: limits.retentionMs, iw: limits.idempotencyWindowMs, sc: limits.shardCount };
}

export function policyDocument(policy: SubscriptionPolicy): PolicyDocument {
  return { vt: policy.visibilityTimeoutMs, md: policy.maxDeliveries, rb: policy.retryBackoffMs, dl: policy.deadLetterEnabled, or: policy.order, ex: policy.expired };
}

export function readLimits({ ml, of, rt, iw, sc }: LimitsDocument): TopicLimits {
  return { maxStreamLen: ml, onFull: of, retentionMs: rt, idempotencyWindowMs: iw, shardCount: sc };
}

function readSubscription(ref: SubscriptionRef, topicId: string, { id, p, v, eph, at, born, fill, in: seen = [] }: SubscriptionDocument): SubscriptionRecord {
  return {
    ref,
    id,
    topicId,
    policy: { visibilityTimeoutMs: p.vt, maxDeliveries: p.md, retryBackoffMs: p.rb, deadLetterEnabled: p.dl, order: p.or, expired: p.ex },
    version: v,
    ephemeral: eph,
    createdAt: at.getTime(),
    born,
    fill: fill === undefined ? undefined : { from: fill.from ?? undefined, since: fill.at.getTime() },
    consumers: new Map(seen.map(({ c, at: seenAt }) => [c, seenAt.getTime()])),
  };
}

/** Somebody else may have written it: what it says it is counts for nothing. */
export function checkTopic(ref: TopicRef, document: { readonly [K in keyof TopicDocument]?: unknown }): void {
  const what = `topic "${ref.topic}"`;
  const { f, id, limits, seq, clk, subs } = document;
  if (typeof f === 'number' && f > documentFormat) throw formatTooNew(what, f);
  if (f !== documentFormat || typeof id !== 'string' || typeof seq !== 'number' || !isDate(clk) || !hasAll(limits, ['ml', 'of', 'rt', 'iw', 'sc'])) throw foreignRecord(what);
  if (!Array.isArray(subs) || !subs.every((sub) => hasAll(sub, ['id', 'name', 'v', 'p', 'at']) && isDate(sub['at']) && hasAll(sub['p'], ['vt', 'md', 'rb', 'or', 'ex']))) throw foreignRecord(what);
}

function hasAll(value: unknown, names: readonly string[]): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && names.every((name) => name in value);
}

function isDate(value: unknown): boolean {
  return value instanceof Date;
}
