import { Subject, defer, merge, type Observable } from 'rxjs';
import type { KeySpace } from '../../keys/key-space.js';
import type { Broker } from '../../port/broker.js';
import type { Capabilities, DurabilityRow, FormatNumbers } from '../../port/capabilities.js';
import type { BrokerEvent, LinkStatus } from '../../port/events.js';
import type { TopicLimits } from '../../port/policy.js';
import type { Runtime } from '../../port/runtime.js';
import { capabilities } from './capabilities.js';
import type { Connection } from './connection/connection.js';
import type { Context } from './context.js';
import { Deliveries } from './delivery/attach.js';
import { Inspector } from './inspection/inspector.js';
import { RedisKeys } from './keys/redis-keys.js';
import { convertOrder } from './order/convert.js';
import { orderedLink } from './order/link.js';
import { ScheduledMover } from './publish/mover.js';
import { Publisher } from './publish/publisher.js';
import { Retention } from './publish/retention.js';
import { Directory } from './topics/directory.js';
import type { WatchOptions } from './watch/options.js';
import { RedisWatches } from './watch/redis-watches.js';

/** What a broker is made of. */
export interface RedisBrokerParts {
  readonly connection: Connection;
  readonly keys: KeySpace;
  readonly runtime: Runtime;
  readonly limits: TopicLimits;
}

const format: FormatNumbers = Object.freeze({ writes: 1, reads: Object.freeze([1]) });

/** The broker on Redis: one connection, and the rooms that share it. */
export class RedisBroker implements Broker {
  readonly name: string = 'redis';
  readonly capabilities: Capabilities = capabilities;
  readonly durability: DurabilityRow;
  readonly format: FormatNumbers = format;
  readonly topics: Directory;
  readonly publisher: Publisher;
  readonly deliveries: Deliveries;
  readonly inspection: Inspector;
  readonly keys: RedisKeys;
  readonly watches: RedisWatches;
  readonly status$: Observable<LinkStatus>;
  readonly events$: Observable<BrokerEvent>;
  readonly #connection: Connection;
  readonly #mover: ScheduledMover;
  readonly #reports = new Subject<BrokerEvent>();
  #closing: Promise<void> | undefined = undefined;

  constructor({ connection, keys, runtime, limits }: RedisBrokerParts, watching: WatchOptions) {
    const context: Context = { connection, keys, runtime, limits, clientId: runtime.newId(), report: (event) => { this.#reports.next(event); } };
    this.#connection = connection;
    this.durability = durabilityOf(connection);
    this.topics = new Directory(context, convertOrder, (record) => { this.deliveries.changed(record); });
    const retention = new Retention(context, this.topics);
    this.#mover = new ScheduledMover(context, this.topics, retention);
    this.publisher = new Publisher(context, this.topics, retention, this.#mover);
    this.deliveries = new Deliveries(
      context,
      this.topics,
      (record, consumer, owner) => orderedLink(context, this.topics, record.ref, record, consumer, owner),
      (ref) => this.#mover.watch(ref),
    );
    this.inspection = new Inspector(context, this.topics, retention, this.#mover);
    this.keys = new RedisKeys(context);
    this.watches = new RedisWatches(context, this.keys, watching);
    this.status$ = connection.status$;
    this.events$ = merge(connection.warnings$, this.#reports);
  }

  open(): Observable<void> {
    return defer(() => this.#connection.open());
  }

  close(): Observable<void> {
    return defer(() => (this.#closing ??= this.#end()));
  }

  /** What reads goes first, what writes next, connections last. */
  async #end(): Promise<void> {
    await this.deliveries.close();
    this.watches.close();
    this.#mover.close();
    this.publisher.close();
    await this.#connection.close();
    this.#reports.complete();
  }
}

/** The server decides what survives it; what it is set to is checked when the connection opens. */
function durabilityOf({ durability }: Connection): DurabilityRow {
  if (durability === undefined) return Object.freeze({ promise: 'what the server writes down: with appendfsync everysec a power cut may cost 2 s', survives: Object.freeze(['process-crash'] as const) });
  return Object.freeze({ promise: `confirmed by ${String(durability.replicas)} replicas`, survives: Object.freeze(['process-crash', 'server-crash', 'failover'] as const) });
}
