import { Subject, defer, merge, type Observable } from 'rxjs';
import type { KeySpace } from '../../keys/key-space.js';
import type { Broker } from '../../port/broker.js';
import type { Capabilities, DurabilityRow, FormatNumbers } from '../../port/capabilities.js';
import type { BrokerEvent, LinkStatus } from '../../port/events.js';
import type { TopicLimits } from '../../port/policy.js';
import type { Runtime } from '../../port/runtime.js';
import { capabilities, pollingCapabilities } from './capabilities.js';
import { baselineProbes } from './connection/probes.js';
import type { MongoStore } from './connection/store.js';
import type { Context } from './context.js';
import { Deliveries } from './delivery/attach.js';
import { Housekeeping } from './housekeeping.js';
import { Inspector } from './inspection/inspector.js';
import { MongoKeys } from './keys/mongo-keys.js';
import { convertOrder } from './order/convert.js';
import { Publisher } from './publish/publisher.js';
import { Retention } from './publish/retention.js';
import { Directory } from './topics/directory.js';
import type { WatchOptions } from './watch/options.js';
import { MongoWatches } from './watch/mongo-watches.js';

/** What a broker is made of. */
export interface MongoBrokerParts {
  readonly store: MongoStore;
  readonly keys: KeySpace;
  readonly runtime: Runtime;
  readonly limits: TopicLimits;
}

const format: FormatNumbers = Object.freeze({ writes: 1, reads: Object.freeze([1]) });

/** Every write that is answered for is confirmed by the majority; a set of one is its own majority. */
const ofTheSet: DurabilityRow = Object.freeze({ promise: 'majority of the replica set', survives: Object.freeze(['process-crash', 'server-crash', 'power-cut', 'failover'] as const) });
const ofOneServer: DurabilityRow = Object.freeze({ promise: 'journal of one server', survives: Object.freeze(['process-crash', 'server-crash', 'power-cut'] as const) });

/** The broker on MongoDB: one connection, and the rooms that share it. */
export class MongoBroker implements Broker {
  readonly name: string = 'mongo';
  readonly format: FormatNumbers = format;
  readonly topics: Directory;
  readonly publisher: Publisher;
  readonly deliveries: Deliveries;
  readonly inspection: Inspector;
  readonly keys: MongoKeys;
  readonly watches: MongoWatches;
  readonly status$: Observable<LinkStatus>;
  readonly events$: Observable<BrokerEvent>;
  readonly #store: MongoStore;
  readonly #housekeeping: Housekeeping;
  readonly #reports = new Subject<BrokerEvent>();
  #closing: Promise<void> | undefined = undefined;

  constructor({ store, keys, runtime, limits }: MongoBrokerParts, watching: WatchOptions) {
    const context: Context = { store, keys, runtime, limits, clientId: runtime.newId(), report: (event) => { this.#reports.next(event); } };
    this.#store = store;
    this.topics = new Directory(context, (room, { id }) => convertOrder(room, id), (record) => { this.deliveries.changed(record); });
    const retention = new Retention(context, this.topics);
    this.publisher = new Publisher(context, this.topics, retention);
    this.keys = new MongoKeys(context);
    this.watches = new MongoWatches(context, this.keys, watching);
    this.#housekeeping = new Housekeeping(context, this.topics, retention);
    this.deliveries = new Deliveries(context, this.topics, () => this.watches.isWatched, (ref) => this.#housekeeping.watch(ref));
    this.inspection = new Inspector(context, this.topics, retention);
    this.status$ = store.status$;
    this.events$ = merge(store.warnings$, this.#reports);
  }

  /** Of a deployment that is not known yet: those of a replica set. */
  get capabilities(): Capabilities {
    return this.#isOpen && this.#store.hints.mode === 'polling' ? pollingCapabilities : capabilities;
  }

  get durability(): DurabilityRow {
    return this.#isOpen && !this.#store.probes.replicaSet ? ofOneServer : ofTheSet;
  }

  get #isOpen(): boolean {
    return this.#store.probes.version !== baselineProbes.version;
  }

  open(): Observable<void> {
    return defer(() => this.#store.open());
  }

  close(): Observable<void> {
    return defer(() => (this.#closing ??= this.#end()));
  }

  /** What reads goes first, what writes next, connections last. */
  async #end(): Promise<void> {
    this.#housekeeping.close();
    await this.deliveries.close();
    this.watches.close();
    this.publisher.close();
    await this.#store.close();
    this.#reports.complete();
  }
}
