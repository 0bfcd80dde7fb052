/** A place in which topics and keys live. Two scopes never meet. */
export interface Scope {
  readonly tenantId: string;
  readonly namespace: string;
}

export interface TopicRef extends Scope {
  readonly topic: string;
}

export interface SubscriptionRef extends TopicRef {
  readonly subscription: string;
}

export interface KeyRef extends Scope {
  readonly key: string;
}
