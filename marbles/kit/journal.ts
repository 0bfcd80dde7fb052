import type { Observable } from 'rxjs';
import type { ChronowEvent } from '../../src/events.js';
import type { LeaseToken } from '../../src/port/lease.js';
import type { Scope, SubscriptionRef, TopicRef } from '../../src/port/names.js';
import type { StoredMessage } from '../../src/port/message.js';
import type { Fate } from './fates.js';
import { MessageNames } from './message-names.js';

/** A message that was stored, or found to be stored already. */
export interface Publication {
  readonly frame: number;
  readonly id: string;
  readonly payload: unknown;
  readonly key: string | undefined;
  readonly headers: StoredMessage['headers'];
  readonly duplicate: boolean;
}

export interface DeliveryEntry {
  readonly frame: number;
  readonly id: string;
  readonly deliveryCount: number;
}

export interface FateEntry {
  readonly frame: number;
  readonly id: string;
  readonly fate: Fate;
}

export interface ClaimEntry {
  readonly frame: number;
  readonly max: number;
}

/** Ends a lease from outside. */
export interface Holding {
  readonly id: string;
  readonly steal: () => void;
}

export interface TopicRecord {
  readonly ref: TopicRef;
  readonly label: string;
  readonly names: MessageNames;
  readonly publications: Publication[];
}

export interface SubscriptionRecord {
  readonly ref: SubscriptionRef;
  readonly label: string;
  readonly topic: TopicRecord;
  readonly deliveries: DeliveryEntry[];
  readonly fates: FateEntry[];
  readonly claims: ClaimEntry[];
  /** What is leased now. */
  readonly held: Map<LeaseToken, Holding>;
  mostHeld: number;
  leaseMs: number;
}

export interface EventEntry {
  readonly frame: number;
  readonly event: ChronowEvent;
}

/** Something that went wrong while it ran, and that no expectation can excuse. */
export interface Mishap {
  readonly frame: number;
  readonly text: string;
}

/** Everything that happened, at its frame. Whatever a test expects is held against this, never against who subscribed first. */
export class Journal {
  readonly now: () => number;
  /** Where a test means that names no scope. */
  readonly scope: Scope;
  readonly topics: Map<string, TopicRecord> = new Map();
  readonly subscriptions: Map<string, SubscriptionRecord> = new Map();
  readonly events: EventEntry[] = [];
  readonly mishaps: Mishap[] = [];
  /** Work that was no Observable, by its error. */
  readonly invalidWork: Mishap[] = [];
  /** What the test did to the scene: `line down`, `crash`. */
  readonly faults: Mishap[] = [];
  keysSet = 0;
  readonly #seen = new Set<ChronowEvent>();

  constructor(now: () => number, scope: Scope) {
    this.now = now;
    this.scope = scope;
  }

  topic(ref: TopicRef): TopicRecord {
    const place = placeOf(ref);
    let record = this.topics.get(place);
    if (record === undefined) {
      record = { ref, label: this.#label(ref, ref.topic), names: new MessageNames(), publications: [] };
      this.topics.set(place, record);
    }
    return record;
  }

  subscription(ref: SubscriptionRef): SubscriptionRecord {
    const place = `${placeOf(ref)}\n${ref.subscription}`;
    let record = this.subscriptions.get(place);
    if (record === undefined) {
      record = { ref, label: this.#label(ref, `${ref.topic}/${ref.subscription}`), topic: this.topic(ref), deliveries: [], fates: [], claims: [], held: new Map(), mostHeld: 0, leaseMs: 0 };
      this.subscriptions.set(place, record);
    }
    return record;
  }

  fate(record: SubscriptionRecord, id: string, fate: Fate): void {
    record.fates.push({ frame: this.now(), id, fate });
  }

  mishap(text: string): void {
    this.mishaps.push({ frame: this.now(), text });
  }

  fault(text: string): void {
    this.faults.push({ frame: this.now(), text });
  }

  /** Writes events down. */
  listen(events$: Observable<ChronowEvent>): void {
    events$.subscribe({
      next: (event) => { this.#event(event); },
      error: () => { /* they never do */ },
    });
  }

  /** Every client shows the events of the broker; they are one. */
  #event(event: ChronowEvent): void {
    if (this.#seen.has(event)) return;
    this.#seen.add(event);
    this.events.push({ frame: this.now(), event });
    if (event.type === 'lease-lapsed') this.fate(this.subscription(event.subscription), event.id, '!');
    else if (event.type === 'dead-lettered') this.fate(this.subscription(event.subscription), event.id, 'd');
    else if (event.type === 'dropped') this.fate(this.subscription(event.subscription), event.id, 'g');
  }

  /** The name of a message, from what a handler sees of it. */
  nameOf(topic: string, id: string): string {
    for (const record of this.topics.values()) {
      if (record.ref.topic === topic && record.names.knows(id)) return record.names.of(id);
    }
    return id;
  }

  #label({ tenantId, namespace }: Scope, name: string): string {
    const here = tenantId === this.scope.tenantId && namespace === this.scope.namespace;
    return here ? name : `${name} (${tenantId}, ${namespace})`;
  }
}

function placeOf({ tenantId, namespace, topic }: TopicRef): string {
  return `${tenantId}\n${namespace}\n${topic}`;
}
