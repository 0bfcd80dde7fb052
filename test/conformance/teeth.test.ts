import { describe, expect, it } from 'vitest';
import type { Broker } from '../../src/port/broker.js';
import { withLinks } from '../fixtures/conformance/ledger.js';
import { plantedBugs } from '../fixtures/conformance/planted-bugs.js';
import { outcomes } from './support/collecting-runner.js';
import { memoryHarness } from './support/memory-harness.js';
import { over } from './support/over.js';

async function broken(harness = memoryHarness('memory')): Promise<readonly string[]> {
  return (await outcomes(harness)).filter(({ failure }) => failure !== undefined).map(({ sentence }) => sentence);
}

describe('the suite has teeth', () => {
  it('a broker behind a decorator that changes nothing keeps every promise', async () => {
    expect(await broken(memoryHarness('plain', (broker) => over(broker, {})))).toEqual([]);
  });

  it.each([1, 2, 3])('a broker that answers a claim with %i at most keeps every promise', async (most) => {
    const stingy = (broker: Broker): Broker =>
      withLinks(broker, (link) => ({ claim: (request) => link.claim({ ...request, max: Math.min(most, request.max) }) }));
    expect(await broken(memoryHarness('stingy', stingy))).toEqual([]);
  });

  it.each(plantedBugs)('it notices that $bug', async ({ plant, caughtBy }) => {
    expect(await broken(memoryHarness('with a bug', plant))).toContain(caughtBy);
  });
});
