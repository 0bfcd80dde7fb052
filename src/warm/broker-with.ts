import type { Broker } from '../port/broker.js';

/** The same broker, with some of its rooms replaced. */
export function brokerWith(broker: Broker, replaced: Partial<Pick<Broker, 'publisher' | 'deliveries'>>): Broker {
  const { name, format, topics, publisher, deliveries, inspection, keys, watches, status$, events$ } = broker;
  return {
    name, format, topics, publisher, deliveries, inspection, keys, watches, status$, events$, ...replaced,
    // Some are known only once it is open.
    get capabilities() { return broker.capabilities; },
    get durability() { return broker.durability; },
    open: () => broker.open(),
    close: () => broker.close(),
  };
}
