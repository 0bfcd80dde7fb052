import { describe, expect, test } from 'vitest';
import { virtualRuntime } from '../../support/virtual-runtime.js';
import { memoryBroker } from '../../../src/adapters/memory/index.js';
import { copyingBroker } from '../../../src/warm/copying-publisher.js';
import type { Broker } from '../../../src/port/broker.js';
import { over } from '../../conformance/support/over.js';

describe('a broker whose messages are copied', () => {
  test('tells the capabilities and the durability that the broker knows once it is open', () => {
    const runtime = virtualRuntime();
    const original = memoryBroker({ runtime });
    const learned: Partial<Broker> = {};
    const broker = copyingBroker({ broker: over<Broker>(original, learned), runtime, warm: undefined, report: () => undefined, isRequired: false });
    const capabilities = { ...original.capabilities, claimLingerMs: 7 };
    const durability = { ...original.durability };
    Object.assign(learned, { capabilities, durability });
    expect(broker.capabilities).toBe(capabilities);
    expect(broker.durability).toBe(durability);
  });
});
