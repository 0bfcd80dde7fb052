import { describe, expect, it } from 'vitest';
import { bannedGlobals } from './guards/banned-globals.js';
import { house, planted } from './support/tree.js';

const but = '; it comes from port/runtime or config';

describe('clock, queues, chance, process and console', () => {
  it('are touched by no core room', () => {
    expect(bannedGlobals(house)).toEqual([]);
  });

  it('are refused there, under their own names only', () => {
    expect(bannedGlobals(planted('banned-globals'))).toEqual([
      `src/adapters/memory/link.ts:1 uses Date.now${but}`,
      `src/topic/clock.ts:1 uses Date.now${but}`,
      `src/topic/clock.ts:2 uses new Date()${but}`,
      `src/topic/clock.ts:3 uses Date()${but}`,
      `src/topic/clock.ts:4 uses Math.random${but}`,
      `src/topic/clock.ts:5 uses setTimeout${but}`,
      `src/topic/clock.ts:5 uses globalThis.setTimeout${but}`,
      `src/topic/clock.ts:6 uses queueMicrotask${but}`,
      `src/topic/clock.ts:6 uses console${but}`,
      `src/topic/clock.ts:6 uses process${but}`,
      `src/topic/clock.ts:7 uses setImmediate${but}`,
      `src/topic/clock.ts:8 uses crypto${but}`,
      `src/topic/clock.ts:9 uses AbortSignal.timeout${but}`,
    ]);
  });
});
