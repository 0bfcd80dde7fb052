import type { UpsertStrategy } from '../port/warm-store.js';

/** What the warm tier keeps, and how. */
export interface WarmSettings {
  readonly persist: boolean | 'required';
  readonly upsertStrategy: UpsertStrategy;
  readonly retentionDays: number;
  /** undefined: all. */
  readonly maxVersions: number | undefined;
}

/** What a call says of it. */
export type WarmWish = { readonly [K in keyof WarmSettings]?: WarmSettings[K] | undefined };

export function settled(defaults: WarmSettings, wish: WarmWish): WarmSettings {
  return {
    persist: wish.persist ?? defaults.persist,
    upsertStrategy: wish.upsertStrategy ?? defaults.upsertStrategy,
    retentionDays: wish.retentionDays ?? defaults.retentionDays,
    maxVersions: wish.maxVersions ?? defaults.maxVersions,
  };
}
