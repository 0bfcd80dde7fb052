import type { OnFull, Order, ExpiredAction, StartPosition } from '../port/policy.js';
import type { UpsertStrategy } from '../port/warm-store.js';

const second = 1_000;
const minute = 60 * second;
const hour = 60 * minute;
const day = 24 * hour;

/** What holds where nothing is configured. The options table refers to it; nothing else repeats a number of it. */
export const builtIn: BuiltIn = {
  keyPrefix: 'cw:',
  namespace: 'default',
  tenantId: 'default',
  autoCreate: true,
  connect: 'wait',
  connectTimeoutMs: 10 * second,
  redisRetryMs: second,
  keyspaceEvents: 'auto',
  durabilityTimeoutMs: second,
  changeStreams: 'auto',
  visibilityTimeoutMs: 30 * second,
  maxDeliveries: 5,
  retryBackoffMs: [second, 5 * second, 30 * second],
  deadLetterEnabled: true,
  order: 'none',
  expired: 'dead-letter',
  startFrom: 'earliest',
  shardCount: 1,
  maxInFlight: 32,
  maxLeaseMs: hour,
  maxPayloadBytes: 256 * 1_024,
  maxValueBytes: 256 * 1_024,
  maxStreamLen: 100_000,
  onFull: 'reject',
  retentionMs: 7 * day,
  idempotencyWindowMs: 10 * minute,
  warmDriver: 'mongo',
  warmPersist: false,
  warmUpsertStrategy: 'latest',
  warmRetentionDays: 30,
  warmDeliveries: false,
  hotDatabase: 'chronow_hot',
  warmDatabase: 'chronos_messaging_default',
};

/** The shape of {@link builtIn}. */
export interface BuiltIn {
  readonly keyPrefix: string;
  readonly namespace: string;
  readonly tenantId: string;
  readonly autoCreate: boolean;
  readonly connect: 'wait' | 'background';
  readonly connectTimeoutMs: number;
  readonly redisRetryMs: number;
  readonly keyspaceEvents: 'auto' | 'enable' | 'off';
  readonly durabilityTimeoutMs: number;
  readonly changeStreams: 'auto' | 'required' | 'off';
  readonly visibilityTimeoutMs: number;
  readonly maxDeliveries: number;
  readonly retryBackoffMs: readonly number[];
  readonly deadLetterEnabled: boolean;
  readonly order: Order;
  readonly expired: ExpiredAction;
  readonly startFrom: StartPosition;
  readonly shardCount: number;
  readonly maxInFlight: number;
  readonly maxLeaseMs: number;
  readonly maxPayloadBytes: number;
  readonly maxValueBytes: number;
  readonly maxStreamLen: number;
  readonly onFull: OnFull;
  readonly retentionMs: number;
  readonly idempotencyWindowMs: number;
  readonly warmDriver: 'mongo' | 'chronos';
  readonly warmPersist: boolean | 'required';
  readonly warmUpsertStrategy: UpsertStrategy;
  readonly warmRetentionDays: number;
  readonly warmDeliveries: boolean;
  readonly hotDatabase: string;
  readonly warmDatabase: string;
}
