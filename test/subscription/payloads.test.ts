import { EMPTY, take } from 'rxjs';
import { afterEach, expect, test, vi } from 'vitest';
import * as z from 'zod';
import { ackOnComplete, type Delivery } from '../../operators/index.js';
import { memoryBroker } from '../../src/adapters/memory/index.js';
import { Chronow } from '../../src/chronow.js';
import type { Codec } from '../../src/codec/codec.js';
import { systemRuntime } from '../../src/system-runtime.js';
import { flow } from '../support/flow.js';
import { said } from '../support/outcome-text.js';
import { Recorder } from '../support/recording-broker.js';

afterEach(() => { vi.useRealTimers(); });

/** Decodes everything but `broken`. */
const fragile: Codec<string> = { name: 'fragile', contentType: 'text/plain', encode: (value) => value, decode: (body) => { if (body === 'broken') throw new Error('garbage'); return String(body); } };

test('a body that cannot be decoded goes to the dead letters with that reason; no crash, no loop, the stream goes on', () => {
  const f = flow((f) => {
    const topic = f.cw.topic<string>('t', { codec: fragile });
    for (const payload of ['broken', 'fine']) topic.publish$(payload).subscribe();
    f.see(topic.subscription('s').pipe(ackOnComplete(() => EMPTY)));
  });
  expect(f.log).toEqual(['0:acked fine#1']);
  expect(f.events).toEqual(['0:undeliverable broken Undecodable', '0:dead-lettered broken#1 Undecodable']);
  expect(f.dead).toEqual(['broken#1 Undecodable']);
  expect(f.callsOf('settle')).toEqual(['0 settle dead(Undecodable):broken#1 ack:fine#1']);
});

test('a message of a codec that this client does not know is undecodable, too', () => {
  const f = flow((f) => {
    f.cw.topic<string>('t', { codec: fragile }).publish$('fine').subscribe();
    f.see(f.another().topic<string>('t').subscription('s').pipe(ackOnComplete(() => EMPTY)));
  });
  expect(f.dead).toEqual(['fine#1 Undecodable']);
});

test('a payload that its schema refuses goes to the dead letters with that reason, whatever attempts are left', () => {
  const f = flow((f) => {
    f.cw.topic('t').publishBatch$([{ payload: 'no number' }, { payload: 5 }]).subscribe();
    f.see(f.cw.topic('t', { schema: z.number() }).subscription('s').pipe(ackOnComplete(() => EMPTY)));
  });
  expect(f.log).toEqual(['0:acked 5#1']);
  expect(f.dead).toEqual(['no number#1 SchemaRejected']);
});

test('a schema may change the payload', () => {
  const f = flow((f) => {
    f.cw.topic('t').publish$('5').subscribe();
    f.see(f.cw.topic('t', { schema: z.coerce.number().transform((value) => value * 2) }).subscription('s').pipe(ackOnComplete(() => EMPTY)));
  });
  expect(f.log).toEqual(['0:acked 10#1']);
});

test('the dead letter says what was wrong, and never holds the payload in its text', () => {
  const notes: string[] = [];
  const f = flow((f) => {
    f.cw.topic('t').publish$('secret-value').subscribe();
    f.see(f.cw.topic('t', { schema: z.number() }).subscription('s'));
  });
  f.eachDead(({ history }) => { notes.push(JSON.stringify(history)); });
  expect(notes).toHaveLength(1);
  expect(notes[0]).not.toContain('secret-value');
  expect(notes[0]).toContain('SCHEMA_REJECTED');
});

test('a window full of undecodable ones does not stand still', () => {
  const f = flow((f) => {
    const topic = f.cw.topic<string>('t', { codec: fragile });
    for (const payload of [...Array.from({ length: 10 }, () => 'broken'), 'fine']) topic.publish$(payload).subscribe();
    f.see(topic.subscription('s', { maxInFlight: 2 }).pipe(take(1), ackOnComplete(() => EMPTY)));
  });
  expect(f.log).toEqual(['0:acked fine#1', '0:complete']);
  expect(f.state).toBe('dead 10');
});

test('a schema that asks elsewhere is SCHEMA_ASYNC in virtual time, not a hang', () => {
  const f = flow((f) => {
    f.cw.topic('t').publish$('a').subscribe();
    f.see(f.cw.topic('t', { schema: slowSchema(1) }).subscription('s'));
  });
  expect(f.dead).toEqual(['a#1 SchemaRejected']);
});

/** Takes `ms`, longer for `slow`; refuses `bad`. */
function slowSchema(ms: number) {
  return z.string().refine(async (value) => {
    await new Promise((resolve) => { setTimeout(resolve, value.startsWith('slow') ? ms * 10 : ms); });
    return value !== 'bad';
  });
}

class RealScene {
  readonly log: string[] = [];
  readonly recorder: Recorder;
  readonly cw: Chronow;

  constructor() {
    vi.useFakeTimers({ now: 0 });
    const runtime = systemRuntime();
    this.recorder = new Recorder(runtime);
    const broker = memoryBroker({ runtime });
    broker.open().subscribe();
    this.cw = Chronow.over({ broker: this.recorder.record(broker), runtime });
  }

  publish(...payloads: readonly string[]): void {
    for (const payload of payloads) this.cw.topic('t').publish$(payload).subscribe();
  }

  say(value: unknown): void {
    this.log.push(`${Date.now()}:${said(value)}`);
  }
}

test('in real time an asynchronous schema keeps the order: a slow one holds back those behind it', async () => {
  const scene = new RealScene();
  scene.publish('slow', 'b', 'bad', 'c');
  const seen = scene.cw.topic('t', { schema: slowSchema(5) }).subscription('s').pipe(ackOnComplete(() => EMPTY)).subscribe((outcome) => { scene.say(outcome); });
  await vi.advanceTimersByTimeAsync(100);
  seen.unsubscribe();
  expect(scene.log).toEqual(['50:acked slow#1', '55:acked b#1', '65:acked c#1']);
  expect(scene.recorder.lines.filter((line) => line.includes('dead'))).toEqual(['60 settle dead(SchemaRejected):bad#1']);
});

test('what an asynchronous schema holds back is renewed', async () => {
  const scene = new RealScene();
  scene.publish('slow', 'b');
  const seen = scene.cw.topic('t', { schema: slowSchema(10) }).subscription('s', { visibilityTimeoutMs: 60 }).pipe(ackOnComplete(() => EMPTY)).subscribe((outcome) => { scene.say(outcome); });
  await vi.advanceTimersByTimeAsync(300);
  seen.unsubscribe();
  expect(scene.log).toEqual(['100:acked slow#1', '110:acked b#1']);
  expect(scene.recorder.lines.filter((line) => line.includes('renew'))[0]).toBe('20 renew slow#1 b#1');
});

test('unsubscribing while a schema is asked releases at once, and what it answers then is ignored', async () => {
  const scene = new RealScene();
  scene.publish('slow', 'b');
  const seen = scene.cw.topic('t', { schema: slowSchema(10) }).subscription('s').subscribe((delivery: Delivery<string>) => { scene.say(delivery); });
  await vi.advanceTimersByTimeAsync(20);
  seen.unsubscribe();
  await vi.advanceTimersByTimeAsync(200);
  expect(scene.log).toEqual([]);
  expect(scene.recorder.lines.filter((line) => line.includes('settle') || line.includes('detach'))).toEqual(['20 settle release:slow#1 release:b#1', '20 detach']);
});
