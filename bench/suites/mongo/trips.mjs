// Commands that our own clients of the driver send, as its command monitoring tells them: reads of the change stream and the pulse too.
import { createRequire } from 'node:module';

// The driver that Chronow itself loads; the suite's may be another copy.
const { MongoClient } = createRequire(import.meta.resolve('chronow'))('mongodb');

/** Switches monitoring on; a part of the URI, as the clients are made within. */
export const monitored = '&monitorCommands=true';

export function countTrips() {
  let trips = 0;
  const known = new WeakSet();
  const { connect } = MongoClient.prototype;
  MongoClient.prototype.connect = function counted() {
    if (!known.has(this)) {
      known.add(this);
      this.on('commandStarted', () => { trips += 1; });
    }
    return connect.call(this);
  };
  return { get trips() { return trips; } };
}
