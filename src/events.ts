import type { CoreEvent } from './port/core-events.js';
import type { BrokerEvent } from './port/events.js';

/** What `cw.events$` shows. Switch on `type`; new types may be added. */
export type ChronowEvent = CoreEvent | BrokerEvent;
