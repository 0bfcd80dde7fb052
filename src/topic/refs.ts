import { checkName } from '../keys/names.js';
import type { SubscriptionRef, TopicRef } from '../port/names.js';
import type { ClientDefaults } from './client.js';

/** Where a call means: what it names, else the client's own. */
export interface ScopeOptions {
  readonly namespace?: string | undefined;
  readonly tenantId?: string | undefined;
}

export function topicRef({ scope }: ClientDefaults, topic: string, { namespace = scope.namespace, tenantId = scope.tenantId }: ScopeOptions): TopicRef {
  checkName('topic', topic);
  checkName('namespace', namespace);
  checkName('tenant', tenantId);
  return { tenantId, namespace, topic };
}

export function subscriptionRef(topic: TopicRef, subscription: string): SubscriptionRef {
  checkName('subscription', subscription);
  return { ...topic, subscription };
}
