import type { Capabilities } from '../../port/capabilities.js';

/** What Redis can do, and what waiting is worth there. */
export const capabilities: Capabilities = Object.freeze({
  shared: true,
  // As durable as the server is configured to be; the guards warn where that is not at all.
  durable: true,
  synchronous: false,
  // A claim is one command for up to a window; in 2 ms a busy consumer frees enough of it to be worth one.
  claimLingerMs: 2,
  // One script settles many. Measured with handlers of 1-21 ms at window 256: 112 commands per 1,000 messages without, 40 with.
  settleLingerMs: 2,
  // A timer here and a round trip; a busy process is what makes it as much as this.
  timeGranularityMs: 20,
  // Each shard has a blocking connection in every consumer.
  maxShards: 1_024,
  replay: true,
  everyChange: true,
});
