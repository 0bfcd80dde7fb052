import { BehaviorSubject } from 'rxjs';
import type { Observable } from 'rxjs';
import type { Broker } from '../../port/broker.js';
import type { Capabilities, DurabilityRow, FormatNumbers } from '../../port/capabilities.js';
import type { BrokerEvent, LinkStatus } from '../../port/events.js';
import type { TopicRef } from '../../port/names.js';
import type { TopicLimits } from '../../port/policy.js';
import type { MessagePublisher, PublishBatch, PublishReceipt } from '../../port/publisher.js';
import type { Runtime } from '../../port/runtime.js';
import { Bell } from './bell.js';
import { Directory } from './directory.js';
import { Gate } from './gate.js';
import { Inspector } from './inspector.js';
import { KeyTable } from './key-table.js';
import { Outbox } from './outbox.js';
import { Watchers } from './watchers.js';

const capabilities: Capabilities = Object.freeze({
  shared: false,
  durable: false,
  synchronous: true,
  claimLingerMs: 0,
  settleLingerMs: 0,
  timeGranularityMs: 1,
  // A number that is stored and has no effect: there is one log.
  maxShards: 1_024,
  replay: true,
  everyChange: true,
});

const durability: DurabilityRow = Object.freeze({ promise: 'this process only', survives: Object.freeze([]) });

const format: FormatNumbers = Object.freeze({ writes: 1, reads: Object.freeze([1]) });

/** The embedded broker: a synchronous state machine. Nothing happens in it but in a call or in its one timer. */
export class MemoryBroker implements Broker, MessagePublisher {
  readonly name: string = 'memory';
  readonly capabilities: Capabilities = capabilities;
  readonly durability: DurabilityRow = durability;
  readonly format: FormatNumbers = format;
  readonly topics: Directory;
  readonly deliveries: Directory;
  readonly publisher: MessagePublisher = this;
  readonly inspection: Inspector;
  readonly keys: KeyTable;
  readonly watches: Watchers;
  readonly status$: Observable<LinkStatus>;
  readonly events$: Observable<BrokerEvent>;
  readonly #status = new BehaviorSubject<LinkStatus>({ state: 'connecting' });
  readonly #outbox = new Outbox();
  readonly #gate: Gate;

  constructor(runtime: Runtime, limits: TopicLimits) {
    const gate = new Gate(runtime, this.#outbox);
    const directory = new Directory(gate, new Bell(runtime, this.#outbox), limits, idPrefix(runtime.newId()));
    this.#gate = gate;
    this.topics = directory;
    this.deliveries = directory;
    this.inspection = new Inspector(gate, directory);
    this.keys = new KeyTable(gate, runtime);
    this.watches = new Watchers(gate, this.keys);
    this.status$ = this.#status.asObservable();
    this.events$ = this.#outbox.events$;
  }

  publish(batch: PublishBatch): Observable<readonly PublishReceipt[]> {
    return this.#gate.once(() => this.topics.open(batch.topic).publish(batch, this.#gate.now()));
  }

  cancelScheduled(topic: TopicRef, id: string): Observable<boolean> {
    return this.#gate.once(() => this.topics.find(topic)?.cancelScheduled(id, this.#gate.now()) ?? false);
  }

  open(): Observable<void> {
    return this.#gate.once(() => {
      if (this.#status.value.state !== 'ready') this.#status.next({ state: 'ready' });
    });
  }

  close(): Observable<void> {
    return this.#gate.last(() => {
      this.topics.close();
      this.keys.close();
      this.watches.close();
      this.#outbox.close();
      this.#status.next({ state: 'closed' });
    });
  }
}

/** Short, and still nobody else's: the end of an identity is its random part. */
function idPrefix(identity: string): string {
  return `${identity.replaceAll('-', '').slice(-12)}-`;
}
