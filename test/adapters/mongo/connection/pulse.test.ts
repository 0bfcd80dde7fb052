import type { Document } from 'mongodb';
import { describe, expect, it } from 'vitest';
import { Pulse } from '../../../../src/adapters/mongo/connection/pulse.js';
import { virtualRuntime, type VirtualRuntime } from '../../../support/virtual-runtime.js';

interface Scene {
  readonly runtime: VirtualRuntime;
  readonly pulse: Pulse;
  readonly seen: string[];
  /** Answers what was asked the n-th time. */
  readonly answer: (n: number, error?: Error) => Promise<void>;
}

function scene(): Scene {
  const runtime = virtualRuntime({ start: 0 });
  const seen: string[] = [];
  const asked: { readonly resolve: (hello: Document) => void; readonly reject: (error: Error) => void }[] = [];
  const pulse = new Pulse({
    runtime,
    ask: () => {
      seen.push(`${runtime.now()} asked`);
      return new Promise((resolve, reject) => { asked.push({ resolve, reject }); });
    },
    answered: (_hello, afterMs) => { seen.push(`${runtime.now()} answered after ${afterMs}`); },
    missed: ({ word }) => { seen.push(`${runtime.now()} missed ${word}`); },
  });
  const answer = async (n: number, error?: Error): Promise<void> => {
    if (error === undefined) asked[n]?.resolve({ ok: 1 });
    else asked[n]?.reject(error);
    await Promise.resolve();
    await Promise.resolve();
  };
  pulse.start();
  runtime.advance(0);
  return { runtime, pulse, seen, answer };
}

describe('the pulse of a primary', () => {
  it('is felt every second', async () => {
    const { runtime, seen, answer } = scene();
    runtime.advance(30);
    await answer(0);
    runtime.advance(970);
    expect(seen).toEqual(['0 asked', '30 answered after 30', '1000 asked']);
  });

  it('is missed after 2 s, at once where there is an error, and felt for again soon', async () => {
    const { runtime, pulse, seen, answer } = scene();
    runtime.advance(500);
    expect(pulse.waitingMs()).toBe(500);
    runtime.advance(1_500);
    expect(seen).toEqual(['0 asked', '2000 missed STALLED', '2000 asked']);
    await answer(1, Object.assign(new Error('connect ECONNREFUSED'), { code: 'ECONNREFUSED' }));
    runtime.advance(250);
    expect(seen.slice(3)).toEqual(['2000 missed ECONNREFUSED', '2250 asked']);
    // Too late to be an answer.
    await answer(0);
    expect(seen).toHaveLength(5);
  });

  it('is that of another one once the primary changed: what the one before owes is no news, late or never', async () => {
    const { runtime, pulse, seen, answer } = scene();
    runtime.advance(1_900);
    pulse.again();
    runtime.advance(0);
    expect(pulse.waitingMs()).toBe(0);
    await answer(0);
    runtime.advance(1_000);
    await answer(1);
    expect(seen).toEqual(['0 asked', '1900 asked', '2900 answered after 1000']);
  });

  it('is not felt before it is started and after it was stopped, whoever the primary is', () => {
    const { runtime, pulse, seen } = scene();
    pulse.stop();
    pulse.again();
    runtime.advance(10_000);
    expect(seen).toEqual(['0 asked']);
  });
});
