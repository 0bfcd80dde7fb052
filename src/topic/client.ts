import type { Codec } from '../codec/codec.js';
import type { Broker } from '../port/broker.js';
import type { CoreEvent } from '../port/core-events.js';
import type { Scope } from '../port/names.js';
import type { StartPosition, SubscriptionPolicy, TopicLimits } from '../port/policy.js';
import type { Runtime } from '../port/runtime.js';
import type { PromiseForms } from './to-promise.js';
import type { Stoppable } from '../subscription/consumer-registry.js';

/** What a client does where a call names nothing. */
export interface ClientDefaults {
  readonly scope: Scope;
  readonly policy: SubscriptionPolicy;
  readonly limits: TopicLimits;
  /** Where a new named subscription begins; undefined: `earliest`. */
  readonly startFrom: StartPosition | undefined;
  readonly maxInFlight: number;
  readonly maxLeaseMs: number;
  readonly maxPayloadBytes: number;
  readonly maxValueBytes: number;
  readonly hotTtlSeconds: number | undefined;
  /** Topics and subscriptions come into being with their first use. */
  readonly autoCreate: boolean;
}

/** What the core rooms need of the client they belong to. */
export interface Client {
  readonly id: string;
  readonly broker: Broker;
  readonly runtime: Runtime;
  readonly defaults: ClientDefaults;
  /** Codecs by name; messages name theirs, so that mixed fleets can read each other. */
  readonly codecs: CodecRegistry;
  /** Makes the promise forms of commands. */
  readonly promises: PromiseForms;
  /** Shown on `cw.events$`. */
  report(event: CoreEvent): void;
  /** Throws `CLOSED` after close(). */
  assertOpen(call: string): void;
  /** This client, but what it publishes is copied to the warm tier, or not; `required`: as part of the publish. */
  copying(mode: boolean | 'required'): Client;
  /** Adds a consumer to those that close() waits for; the answer takes it out. */
  register(consumer: Stoppable): () => void;
}

export interface CodecRegistry {
  /** undefined names the default codec. */
  find(name: string | undefined): Codec | undefined;
  add(codec: Codec): void;
}
