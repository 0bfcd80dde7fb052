/**
 * What examples in the documents may take for granted: the names that stand for the reader's own code, and the doors'
 * exports, so that an example need not repeat imports. Local names in an example win.
 */
export const world: string = `
import type { Observable } from 'rxjs';
import type * as chronow from 'chronow';
import type * as operators from 'chronow/operators';
import type * as memory from 'chronow/memory';
import type * as redis from 'chronow/redis';
import type * as chronosDoor from 'chronow/chronos';
import type * as mongo from 'chronow/mongo';
import type * as conformanceSuite from 'chronow/marbles/conformance';
import type * as rxjs from 'rxjs';
import type { StandardSchemaV1 } from '@standard-schema/spec';

declare global {
  interface Payment { readonly orderId: string; readonly amount: number; readonly from?: string }
  interface Order { readonly id: string; readonly wantsMail: boolean }
  interface Reading { readonly fahrenheit: number }
  type Message<T> = chronow.Message<T>;
  class FraudError extends Error {}
  const cw: chronow.Chronow;
  const payments: chronow.Topic<Payment>;
  const payment: Payment;
  const orders: chronow.Topic<Order>;
  const readings: chronow.Topic<Reading>;
  const paymentSchema: StandardSchemaV1<unknown, Payment>;
  const score: (input: unknown) => Observable<number>;
  const book: (payment: Payment) => Promise<void>;
  const alert: (message: chronow.Message<{ readonly celsius: number }>) => Promise<void>;
  const sendMail: (message: chronow.Message<Order>) => Promise<void>;
  const mail: (order: Order) => Promise<void>;
  const reserveStock: (message: chronow.Message<Order>) => Promise<string>;
  const insertMany: (rows: readonly Reading[]) => Promise<void>;
  const lookUpCustomer: <T>(delivery: chronow.Delivery<T>) => Promise<chronow.Delivery<T>>;
  const ask: (error: unknown) => Observable<string>;
  const processPayment: (payload: unknown) => Promise<void>;
  const slowDown: () => Promise<void>;
  const Chronow: typeof chronow.Chronow;
  const ChronowError: typeof chronow.ChronowError;
  const isChronowError: typeof chronow.isChronowError;
  const configFromEnv: typeof chronow.configFromEnv;
  const bytesCodec: typeof chronow.bytesCodec;
  const textCodec: typeof chronow.textCodec;
  const uri: string;
  const url: string;
  const postgresBroker: (options: { readonly url: string }) => chronow.Broker;
  const postgresCapabilities: conformanceSuite.ConformanceHarness['capabilities'];
  const systemRuntime: typeof chronow.systemRuntime;
  const redisBroker: typeof redis.redisBroker;
  const mongoBroker: typeof mongo.mongoBroker;
  const mongoWarmStore: typeof mongo.mongoWarmStore;
  const chronosWarmStore: typeof chronosDoor.chronosWarmStore;
  const chronos: chronosDoor.ChronosInstance;
  const DeadLetter: typeof operators.DeadLetter;
  const RetryLater: typeof operators.RetryLater;
  const ackOnComplete: typeof operators.ackOnComplete;
  const batchDeliveries: typeof operators.batchDeliveries;
  const drainOn: typeof operators.drainOn;
  const fanOut: typeof operators.fanOut;
  const filterPayload: typeof operators.filterPayload;
  const hold: typeof operators.hold;
  const mapPayload: typeof operators.mapPayload;
  const onFailed: typeof operators.onFailed;
  const publishTo: typeof operators.publishTo;
  const retryWithBackoff: typeof operators.retryWithBackoff;
  const settledValues: typeof operators.settledValues;
  const toDeadLetter: typeof operators.toDeadLetter;
  const memoryWarmStore: typeof memory.memoryWarmStore;
  const limit: ReturnType<typeof cw.shared.watch<number>>;
  const apply: (value: unknown) => void;
  const memoryBroker: typeof memory.memoryBroker;
  const conformance: typeof conformanceSuite.conformance;
  const conformanceSentences: typeof conformanceSuite.conformanceSentences;
  const harness: conformanceSuite.ConformanceHarness;
  const concatMap: typeof rxjs.concatMap;
  const fromEvent: typeof rxjs.fromEvent;
  const map: typeof rxjs.map;
}
`;
