import type { KeyRef, TopicRef } from '../../port/names.js';
import type { OutgoingMessage } from '../../port/message.js';
import type { WarmSettings } from '../settings.js';
import { keyLane, topicLane } from '../lanes.js';

/** A span of the backend's time, ms since the epoch, both ends included. */
export interface Span {
  readonly from: number;
  readonly to: number;
}

/** How the copy of a value is made. */
export type ValueSettings = Pick<WarmSettings, 'upsertStrategy' | 'retentionDays' | 'maxVersions'>;

/** Something that is about to be written to the hot tier, and whose copy is owed to the warm one. */
export type Owed =
  | { readonly kind: 'messages'; readonly topic: TopicRef; readonly id: string; readonly due: undefined }
  /** They stand in the log from when they are due, and not from when they are published. `due` is asked with the backend's time at the publish. */
  | { readonly kind: 'messages'; readonly topic: TopicRef; readonly id: string; readonly due: (now: number) => Span }
  | { readonly kind: 'value'; readonly key: KeyRef; readonly id: string; readonly settings: ValueSettings; readonly due: undefined }
  /** Whatever it is: there are too many to name them. */
  | { readonly kind: 'more'; readonly id: string; readonly due: undefined };

export const tooMany: Owed = { kind: 'more', id: 'more', due: undefined };

/** Of a scheduled batch the ends are rounded away, so that not every publish of a steady flow reaches beyond what is noted. */
const roundedTo = 10_000;

export function owedMessages(topic: TopicRef, messages: readonly OutgoingMessage[]): Owed {
  const isScheduled = messages.some(({ delayMs, deliverAt }) => (delayMs ?? 0) > 0 || deliverAt !== undefined);
  if (!isScheduled) return { kind: 'messages', topic, id: topicLane(topic), due: undefined };
  const due = (now: number): Span => {
    const times = messages.map(({ delayMs = 0, deliverAt = now + delayMs }) => Math.max(now, deliverAt));
    return { from: Math.min(...times), to: Math.ceil((Math.max(...times) + roundedTo) / roundedTo) * roundedTo };
  };
  return { kind: 'messages', topic, id: `due\n${topicLane(topic)}`, due };
}

export function owedValue(key: KeyRef, { upsertStrategy, retentionDays, maxVersions }: ValueSettings): Owed {
  return { kind: 'value', key, id: `${upsertStrategy}\n${keyLane(key)}`, settings: { upsertStrategy, retentionDays, maxVersions }, due: undefined };
}
