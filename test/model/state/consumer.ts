import type { ConsumerLink } from '../../../src/port/delivery-store.js';
import type { Hold } from './fate.js';
import type { SubscriptionModel } from './subscription-model.js';

/** A claim under way. */
export interface OpenClaim {
  readonly max: number;
  isStopped: boolean;
  stop(): void;
}

/** A consumer and what it has in hand. */
export class Consumer {
  readonly name: string;
  readonly subscription: SubscriptionModel;
  readonly link: ConsumerLink;
  readonly holds: Set<Hold> = new Set();
  claim: OpenClaim | undefined = undefined;
  /** It was asked to make room for a last attempt, and has not had empty hands since. */
  isAskedForRoom = false;
  hasLeft = false;
  /** A lease of it was taken away, of which its process need not know yet. */
  hasLost = false;

  constructor(name: string, subscription: SubscriptionModel, link: ConsumerLink) {
    this.name = name;
    this.subscription = subscription;
    this.link = link;
  }
}
