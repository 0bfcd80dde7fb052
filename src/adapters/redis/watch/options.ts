/** How watchers learn what other programs do to values, and how often they look by themselves. */
export interface WatchOptions {
  /**
   * Keyspace notifications tell of writes of other programs at once. `auto`: used where the server sends them. `enable`: where it does not, they
   * are switched on (CONFIG SET, adding to what is set). `off`: not used. Default: `auto`.
   */
  readonly keyspaceEvents?: 'auto' | 'enable' | 'off' | undefined;
  /** How often a watched key is read again in any case, ms. Default: 30 000. */
  readonly reconcileMs?: number | undefined;
}

export const defaultReconcileMs: number = 30_000;
