import { checkOptions, type OptionRule, type OptionRules } from '../options/check-options.js';
import { boolean, either, listOf, number, oneOf, text, wholeNumber, wholeNumberOrInfinity } from '../options/rules.js';
import type { PolicyPatch, StartPosition } from '../port/policy.js';
import type { SubscriptionOptions } from './options.js';

const longest = Number.MAX_SAFE_INTEGER;
const aTime: OptionRule = (value) => (typeof value === 'object' && value !== null && 'from' in value && typeof value.from === 'number' && Number.isFinite(value.from) ? undefined : '{ from: milliseconds since the epoch }');

/** The part of a subscription's options that is stored with it. */
export const policyRules: OptionRules = {
  visibilityTimeoutMs: wholeNumber(1, longest, 'milliseconds'),
  maxDeliveries: wholeNumber(1, longest),
  retryBackoffMs: listOf(number(0, longest, 'milliseconds'), 1),
  deadLetterEnabled: boolean,
  order: oneOf('none', 'key', 'strict'),
  expired: oneOf('dead-letter', 'drop'),
};

export const creationRules: OptionRules = {
  startFrom: either(oneOf('earliest', 'latest'), aTime),
  onPolicyConflict: oneOf('update', 'error'),
};

const rules: OptionRules = {
  ...policyRules,
  ...creationRules,
  maxInFlight: wholeNumber(1, 100_000),
  maxLeaseMs: wholeNumberOrInfinity(1, 'milliseconds'),
  consumerName: text(1, 200),
};

/** Throws `OPTION_INVALID`. */
export function checkSubscription(options: SubscriptionOptions): void {
  checkOptions('subscription', options, rules);
}

/** The options that change what is stored. */
export function policyPatch({ visibilityTimeoutMs, maxDeliveries, retryBackoffMs, deadLetterEnabled, order, expired }: PolicyPatch): PolicyPatch {
  return { visibilityTimeoutMs, maxDeliveries, retryBackoffMs: retryBackoffMs === undefined ? undefined : [...retryBackoffMs], deadLetterEnabled, order, expired };
}

/** An ephemeral subscription begins at `latest`, whatever the client's default for named ones. */
export function startOf({ startFrom }: { readonly startFrom?: StartPosition | undefined }, ephemeral: boolean, named: StartPosition | undefined): StartPosition {
  return startFrom ?? (ephemeral ? 'latest' : (named ?? 'earliest'));
}
