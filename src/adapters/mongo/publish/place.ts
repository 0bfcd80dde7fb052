import { ChronowError } from '../../../errors.js';
import type { MongoStore } from '../connection/store.js';
import type { TopicDocument } from '../layout/topic-document.js';

/** Where a cargo is to be stored: the topic with its subscriptions, as they were in the moment in which its sequence numbers were given. */
export interface Place {
  readonly topic: TopicDocument;
  readonly firstSeq: number;
  /**
   * The numbers were confirmed by the primary alone, in this election. What the majority confirms in the same election has them before it; a primary of
   * another election may never have heard of them. undefined: the majority has confirmed them.
   */
  readonly election: string | undefined;
}

/** There was an election since the numbers were given. Some of the documents may be stored. */
export class InDoubt extends ChronowError {
  constructor() {
    super('LINK_LOST', 'another primary was elected during a publish', { retryable: true });
  }
}

export function isInDoubt(store: MongoStore, { election }: Place): boolean {
  return election !== undefined && store.election() !== election;
}

/** Some subscription keeps an order. */
export function isOrdered({ subs }: Pick<TopicDocument, 'subs'>): boolean {
  return subs.some(({ p }) => p.or !== 'none');
}
