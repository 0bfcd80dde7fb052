import type { OptionRule, OptionRules } from '../options/check-options.js';
import { anything, boolean, callable, either, listOf, number, oneOf, signal, text, wholeNumber } from '../options/rules.js';
import { publishRules } from '../topic/outgoing.js';
import { creationRules, policyRules } from '../topic/subscribing.js';

/** What each call of the bus takes. Namespace and tenant are names, checked as such. */
export type Rules = OptionRules;

const aDate: OptionRule = (value) => (value instanceof Date && Number.isFinite(value.getTime()) ? undefined : 'a valid Date');
const aTime = either(aDate, number(0, Infinity, 'milliseconds since the epoch'));
const shardCount = wholeNumber(1, 1_024);

export const scope: Rules = { namespace: anything, tenantId: anything };
export const scopeAndSignal: Rules = { ...scope, signal };
export const ensureTopic: Rules = { ...scope, shardCount };
export const ensureSubscription: Rules = { ...scope, ...policyRules, ...creationRules, shardCount };
export const publish: Rules = { ...scope, ...publishRules, signal, persistWarmCopy: oneOf(true, false, 'required') };
export const consume: Rules = { ...scope, consumerName: text(1, 200), prefetch: wholeNumber(1, 100_000), autoRenew: boolean, signal };
/** The most that one look shows. */
export const maxPeek = 10_000;
export const peek: Rules = { ...scope, limit: wholeNumber(1, maxPeek) };
export const peekDlq: Rules = { ...peek, subscription: anything, reason: text(1, 200) };
export const redrive: Rules = { ...scope, subscription: anything, ids: listOf(text(1, 1_000), 0), reason: text(1, 200), max: wholeNumber(1, Number.MAX_SAFE_INTEGER) };
export const replay: Rules = { ...scope, from: aTime, to: aTime, filter: callable, rate: number(0.001, Infinity, 'messages a second'), signal };
