import { describe, it } from 'vitest';
import { conformance } from '../../marbles/conformance/index.js';
import { lateBroker } from './support/late-broker.js';
import { memoryCapabilities, memoryHarness } from './support/memory-harness.js';

conformance({ describe, it }, memoryHarness('the memory broker'));

// The same promises again with no answer inside subscribe: proves that the suite leans on no synchronous answer.
conformance({ describe, it }, memoryHarness('a broker that answers a turn later', lateBroker, { ...memoryCapabilities, synchronous: false }));
