import assert from 'node:assert/strict';
import fc from 'fast-check';
import type { OutgoingMessage } from '../../../src/port/message.js';
import { command, pick } from '../command.js';
import type { Command } from '../command.js';
import type { Model } from '../model.js';
import { checkMadeWay } from '../rules/capacity.js';
import { checkStored, refusal } from '../rules/publishing.js';
import type { World } from '../world.js';

const rarely = <T>(...values: readonly T[]): fc.Arbitrary<T | undefined> => fc.oneof({ weight: 3, arbitrary: fc.constant(undefined) }, { weight: 1, arbitrary: fc.constantFrom(...values) });

const message = fc.record({
  key: fc.constantFrom('a', 'a', 'a', 'b', 'a:i', undefined, undefined),
  idempotencyKey: rarely('i', 'i', 'i:i'),
  delayMs: rarely(0, 100, 700),
  /** From now on. */
  dueInMs: rarely(-100, 300),
  ttlMs: rarely(200, 900, 3_000),
  codec: rarely('cbor'),
  headers: fc.constantFrom({}, {}, { Type: 'Made' }),
});

type Drawn = typeof message extends fc.Arbitrary<infer T> ? T : never;

let bodies = 0;

function outgoing({ dueInMs, ...rest }: Drawn, world: World): OutgoingMessage {
  bodies += 1;
  // Some bodies are bytes.
  const body = rest.codec === undefined ? `body ${bodies}` : Uint8Array.of(0, 255, bodies & 255);
  return { body, ...rest, deliverAt: dueInMs === undefined ? undefined : world.now().lo + dueInMs };
}

async function send(model: Model, world: World, messages: readonly OutgoingMessage[]): Promise<string> {
  const { topic } = model;
  assert.ok(topic);
  const token = world.scene.token();
  const { value: receipts, refused, now } = await world.ask(world.broker.publisher.publish({ topic: topic.ref, token, messages }), 'TOPIC_FULL');
  const { may, must } = refusal(topic, messages, now);
  if (receipts === undefined) {
    assert.ok(may, `a batch of ${messages.length} was refused with ${String(refused)} although there is room`);
    return 'full';
  }
  assert.ok(!must, `a batch of ${messages.length} was stored in a full topic`);
  const fresh = checkStored(topic, messages, receipts, now);
  topic.batches.push({ token, messages, receipts });
  model.hear(world.heard());
  checkMadeWay(topic, fresh, world.now());
  return receipts.map(({ id, duplicate, dueAt }) => `${id}${duplicate ? ' again' : ''}${dueAt === undefined ? '' : ` due at ${dueAt}`}`).join(', ');
}

export const publish: fc.Arbitrary<Command> = command(fc.oneof({ weight: 5, arbitrary: fc.tuple(message) }, { weight: 1, arbitrary: fc.array(message, { minLength: 2, maxLength: 4 }) }), {
  name: 'publish',
  can: (model) => model.topic !== undefined,
  run: (model, world, drawn) => send(model, world, drawn.map((one) => outgoing(one, world))),
});

/** Messages of one key and nothing else, so that there is an order to keep. */
export const publishRun: fc.Arbitrary<Command> = command(fc.record({ key: fc.constantFrom('a', 'b'), count: fc.integer({ min: 1, max: 4 }) }), {
  name: 'publish run',
  can: (model) => model.topic !== undefined,
  run: (model, world, { key, count }) => {
    bodies += 1;
    return send(model, world, Array.from({ length: count }, (_, index) => ({ body: `run ${bodies}/${index}`, headers: {}, key })));
  },
});

/** The same batch again under its token: answered as before, stored no second time. */
export const resend: fc.Arbitrary<Command> = command(fc.nat(), {
  name: 'resend',
  can: (model) => (model.topic?.batches.length ?? 0) > 0,
  run: async (model, world, number) => {
    const topic = model.topic;
    const batch = pick(topic?.batches ?? [], number);
    assert.ok(topic && batch);
    const { value } = await world.answer(world.broker.publisher.publish({ topic: topic.ref, token: batch.token, messages: batch.messages }));
    assert.deepEqual(value.map((receipt) => ({ ...receipt })), batch.receipts.map((receipt) => ({ ...receipt })), 'a resend is answered as the batch was');
    return value.map(({ id }) => id).join(', ');
  },
});

export const cancelScheduled: fc.Arbitrary<Command> = command(fc.nat(), {
  name: 'cancel scheduled',
  can: (model) => (model.topic?.sent.size ?? 0) > 0,
  run: async (model, world, number) => {
    const topic = model.topic;
    assert.ok(topic);
    // Mostly one that is still scheduled, now and then any other.
    const sent = topic.scheduled.size > 0 && number % 4 > 0 ? pick([...topic.scheduled], number >> 2) : pick([...topic.sent.values()], number);
    assert.ok(sent);
    const { value: isCancelled, now } = await world.answer(world.broker.publisher.cancelScheduled(topic.ref, sent.id));
    model.turn(now);
    assert.ok(isCancelled ? topic.mayBeScheduled(sent, now) : topic.isDue(sent, now), `cancelling ${String(sent)}, due at ${sent.at.lo}, was answered ${String(isCancelled)} at ${now.hi}`);
    if (isCancelled) topic.cancel(sent);
    return `${sent.id} ${isCancelled ? 'cancelled' : 'too late'}`;
  },
});
