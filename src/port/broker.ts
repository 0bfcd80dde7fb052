import type { Observable } from 'rxjs';
import type { Capabilities, DurabilityRow, FormatNumbers } from './capabilities.js';
import type { DeliveryStore } from './delivery-store.js';
import type { BrokerEvent, LinkStatus } from './events.js';
import type { Inspection } from './inspection.js';
import type { KeyStore } from './key-store.js';
import type { MessagePublisher } from './publisher.js';
import type { TopicStore } from './topic-store.js';
import type { WatchSource } from './watch-source.js';

/**
 * A backend. Every method of its rooms returns a cold, one-shot Observable: nothing happens before subscribe, one value
 * answers, and an adapter that can answer at once does so within subscribe (that is what makes virtual time exact).
 */
export interface Broker {
  /** For messages and metrics only; code asks {@link Broker.capabilities}. */
  readonly name: string;
  readonly capabilities: Capabilities;
  readonly durability: DurabilityRow;
  readonly format: FormatNumbers;
  readonly topics: TopicStore;
  readonly publisher: MessagePublisher;
  readonly deliveries: DeliveryStore;
  readonly inspection: Inspection;
  readonly keys: KeyStore;
  readonly watches: WatchSource;
  /** The state now, then every change. */
  readonly status$: Observable<LinkStatus>;
  /** Hot. */
  readonly events$: Observable<BrokerEvent>;
  /** Answers when the backend does. */
  open(): Observable<void>;
  /** Ends waiting claims with empty answers and frees every resource. Repeatable. */
  close(): Observable<void>;
}
