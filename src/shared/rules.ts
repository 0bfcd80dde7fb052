import type { OptionRule, OptionRules } from '../options/check-options.js';
import { anything, boolean, either, listOf, number, oneOf, text, wholeNumber } from '../options/rules.js';

const whole = Number.MAX_SAFE_INTEGER;

/** Options of the calls of `cw.shared`. Names have checks, and an error, of their own. */
export const scopeRules: OptionRules = { namespace: anything, tenantId: anything };
export const getRules: OptionRules = { ...scopeRules, schema: anything };
export const historyRules: OptionRules = { ...getRules, limit: wholeNumber(1, 10_000) };
export const delRules: OptionRules = { ...scopeRules, tombstone: boolean };
export const expireRules: OptionRules = { ...scopeRules, ttlSeconds: number(0.001, whole, 'seconds') };
export const writeRules: OptionRules = {
  hotTtlSeconds: number(0.001, whole, 'seconds'),
  warm: anything,
  maxValueBytes: wholeNumber(1, whole, 'bytes'),
};
export const updateRules: OptionRules = { ...scopeRules, ...writeRules };
export const setRules: OptionRules = { ...updateRules, expectedRevision: wholeNumber(0, whole) };
export const watchedSetRules: OptionRules = { ...writeRules, expectedRevision: wholeNumber(0, whole) };
export const warmRules: OptionRules = {
  persist: oneOf(true, false, 'required'),
  upsertStrategy: oneOf('append', 'latest'),
  retentionDays: number(0.001, whole, 'days'),
  maxVersions: wholeNumber(1, whole),
};
export const watchManyRules: OptionRules = { ...getRules, graceMs: number(0, whole, 'milliseconds') };
export const aPrefixOrKeys: OptionRule = either(text(0, 512), listOf(text(1, 512), 0));
export const watchRules: OptionRules = { ...watchManyRules, initial: anything };
