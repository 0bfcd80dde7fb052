import { expect, it } from 'vitest';
import type { Runtime } from '../../../../src/port/runtime.js';
import { systemRuntime } from '../../../../src/system-runtime.js';
import { describeMongo, rawClient } from '../../../support/mongo/shared.js';
import { openStore } from '../../../support/mongo/store.js';
import { around, is, type Call } from '../topics/wrapped.js';
import { bodies, Stage } from './support/stage.js';

const runtime = systemRuntime();

/** Nobody looks just because time has passed: who waits has to be woken. */
const withoutIdleLook: Runtime = { ...runtime, at: (time, work) => (time - runtime.now() > 3_000 ? () => undefined : runtime.at(time, work)) };

const isOfPointers = is('cw_deliv', 'find');

/** For when the next message is due: of the queries for pointers the one that asks for no more than that. */
function asksWhen(call: Call): boolean {
  const projection: unknown = Reflect.get(Object(call.args[1]), 'projection');
  return isOfPointers(call) && typeof projection === 'object' && projection !== null && 'at' in projection && !('n' in projection);
}

interface Slow {
  readonly stage: Stage;
  /** From now on: what happens before a consumer that found nothing asks when the next message is due, or when that is answered and it has not heard of it. Once. */
  readonly on: (moment: 'asking' | 'answered', what: () => Promise<unknown>) => void;
}

async function slowStage(): Promise<Slow> {
  const awaited = new Map<string, () => Promise<unknown>>();
  const reach = async (moment: string): Promise<void> => {
    const what = awaited.get(moment);
    awaited.delete(moment);
    await what?.();
  };
  const wrap = around({ reading: async (call, read) => {
    if (!asksWhen(call)) return read();
    await reach('asking');
    const answer = await read();
    await reach('answered');
    return answer;
  } });
  const stage = new Stage(wrap(await openStore()), rawClient(), withoutIdleLook);
  return { stage, on: (moment, what) => { awaited.set(moment, what); } };
}

describeMongo('Mongo deliveries: who waits is woken', () => {
  it('for what fell due between the look for what is ready and the one for what comes next', async () => {
    const { stage, on } = await slowStage();
    await stage.queue();
    const consumer = await stage.consumer();
    await consumer.look();
    await expect.poll(() => stage.store.hints.mode).toBe('stream');
    await stage.publish({ body: 'later', delayMs: 1_000 });
    const isDue = { $expr: { $lte: ['$at', '$$NOW'] } };
    on('asking', () => expect.poll(() => stage.pointers.countDocuments(isDue)).toBe(1));
    expect(bodies(await consumer.take(1))).toEqual(['later']);
  });

  it('for what is to be tried again, and was in hand at the look for what comes next', async () => {
    const { stage, on } = await slowStage();
    await stage.queue();
    await stage.publish('one');
    const worker = await stage.consumer();
    const taken = await worker.take(1);
    on('answered', () => worker.end('retry', taken, { delayMs: 50 }));
    const [again] = await (await stage.consumer()).take(1);
    expect([again?.message.body, again?.deliveryCount]).toEqual(['one', 2]);
  });
});
