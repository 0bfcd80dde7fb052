import type { BrokerEvent } from '../../port/events.js';
import type { Runtime } from '../../port/runtime.js';
import type { WarmStore } from '../../port/warm-store.js';
import { systemRuntime } from '../../system-runtime.js';
import type { ChronosInstance } from './chronos.js';
import type { ChronosTarget } from './configuration.js';
import { loadChronos } from './load.js';
import { ChronosWarmStore } from './warm-store.js';

export type { ChronosDeadLetter, ChronosDeliveries, ChronosInstance, ChronosMessage, ChronosMessagingApi } from './chronos.js';
export type { ChronosTarget } from './configuration.js';

/** Options of {@link chronosWarmStore}. */
export interface ChronosWarmStoreOptions {
  /** An instance of yours, for all tenants; it stays yours to end. Without it, chronos-db is loaded at the first call. */
  readonly instance?: ChronosInstance | undefined;
  /** Databases by tenant, where it is loaded. */
  readonly tenants?: ReadonlyMap<string, ChronosTarget> | undefined;
  /** Where all other tenants are; without it they are unknown. */
  readonly others?: ChronosTarget | undefined;
  /** The configuration of chronos-db; what messaging does not need of it is taken over. */
  readonly config?: object | undefined;
  /** Whether an instance that is loaded keeps deliveries. Default: false. */
  readonly captureDeliveries?: boolean | undefined;
  /** Where time comes from. Default: this process, `systemRuntime()`. */
  readonly runtime?: Runtime | undefined;
  /** Told what chronos-db cannot do. Default: nobody. */
  readonly report?: ((event: BrokerEvent) => void) | undefined;
  /** Makes an instance for a database. Default: `initChronos()` of the package. */
  readonly load?: ((target: ChronosTarget, config: object | undefined) => Promise<ChronosInstance>) | undefined;
}

/**
 * A warm tier by way of the chronos-db package, 2.3 or later. `warm.driver: 'chronos'` makes one; use this to hand in an instance that
 * you have. What chronos-db has no field for (revision, end, codec) stands beside the value (`{ cw, val }`) and in headers (`cw-…`).
 *
 * @example
 * ```ts
 * const cw = await Chronow.init({}, { warm: chronosWarmStore({ instance: chronos }) });
 * ```
 */
export function chronosWarmStore(options: ChronosWarmStoreOptions): WarmStore {
  const { instance, tenants, others, config, captureDeliveries, runtime = systemRuntime(), report = (): void => undefined, load = loadChronos } = options;
  if (instance !== undefined) return new ChronosWarmStore({ instanceOf: () => () => Promise.resolve(instance), end: () => Promise.resolve(), runtime, report });
  const loaded = new Map<string, Promise<ChronosInstance>>();
  const made = (target: ChronosTarget): Promise<ChronosInstance> => {
    const name = JSON.stringify([target.uri, target.database]);
    const known = loaded.get(name);
    if (known !== undefined) return known;
    const loading = load({ ...target, captureDeliveries }, config);
    loaded.set(name, loading);
    // What failed is tried again by the next call.
    loading.catch(() => { loaded.delete(name); });
    return loading;
  };
  return new ChronosWarmStore({
    instanceOf: (tenantId) => {
      const target = tenants?.get(tenantId) ?? others;
      return target === undefined ? undefined : async () => made(target);
    },
    end: async () => { await Promise.all([...loaded.values()].map(async (loading) => { await (await loading).admin?.shutdown?.(); })); },
    runtime,
    report,
  });
}
