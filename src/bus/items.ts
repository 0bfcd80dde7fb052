import { isChronowError } from '../errors.js';
import type { DeadLetterRecord, PeekedMessage } from '../port/inspection.js';
import type { StoredMessage } from '../port/message.js';
import type { PayloadCoder } from '../topic/payload-coder.js';
import type { DeadLetterItem, PeekedItem, PeekedReplay } from './options.js';

/** A stored message for people and tools: what cannot be decoded is said, never thrown. */
function shownMessage<T>(message: StoredMessage, coder: PayloadCoder<T>): PeekedReplay<T> & { readonly problem: string | undefined } {
  const { id, headers, key, publishedAt } = message;
  try {
    return { id, payload: coder.decode(message.body, message.codec), problem: undefined, headers, key, publishedAt };
  } catch (error) {
    return { id, payload: undefined, problem: isChronowError(error) ? error.message : 'the body cannot be decoded', headers, key, publishedAt };
  }
}

export function replayItem(message: StoredMessage, coder: PayloadCoder<unknown>): PeekedReplay {
  return shownMessage(message, coder);
}

export function peekedItem<T>({ message, state, deliveryCount }: PeekedMessage, coder: PayloadCoder<T>): PeekedItem<T> {
  return { ...shownMessage(message, coder), state, deliveryCount };
}

export function deadLetterItem<T>({ message, subscription, deliveryCount, history }: DeadLetterRecord, coder: PayloadCoder<T>): DeadLetterItem<T> {
  const latest = history.at(-1);
  return {
    ...shownMessage(message, coder),
    subscription,
    deliveryCount,
    reason: latest?.reason ?? 'Unknown',
    description: latest?.description,
    errors: latest?.errors ?? [],
    deadAt: latest?.deadAt ?? message.publishedAt,
    history: history.map(({ reason, description, deadAt, deliveryCount: count }) => ({ reason, description, deadAt, deliveryCount: count })),
  };
}
