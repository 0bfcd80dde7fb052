import type { Capabilities } from '../../port/capabilities.js';

/** What MongoDB can do, and what waiting is worth there. */
export const capabilities: Capabilities = Object.freeze({
  shared: true,
  durable: true,
  synchronous: false,
  // A claim is three commands for up to a window: in 2 ms a busy consumer frees enough of it to be worth them.
  claimLingerMs: 2,
  // One command settles many.
  settleLingerMs: 2,
  // A timer here and two round trips; a busy process is what makes it as much as this.
  timeGranularityMs: 20,
  // There is one log: the number is kept for whoever asks.
  maxShards: 1_024,
  replay: true,
  everyChange: true,
});

/** The same where there are no change streams. */
export const pollingCapabilities: Capabilities = Object.freeze({ ...capabilities, everyChange: false });
