/** How often watchers look by themselves. */
export interface WatchOptions {
  /** How often a watched key is read again in any case, ms. Default: 30 000. */
  readonly reconcileMs?: number | undefined;
}

export const defaultReconcileMs: number = 30_000;
