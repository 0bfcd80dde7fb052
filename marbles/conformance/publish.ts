import assert from 'node:assert/strict';
import { bodies, message, numbered } from './defaults.js';
import type { Concern } from './suite.js';

/** Text that a careless encoding, key or script would change. */
const strange = [
  '',
  ' ',
  'null',
  '0',
  '{"a":1}',
  '\u0000\u0001\u001f',
  'line\r\nbreak\u2028',
  '"quoted\\"',
  'grüße 北京 🚀',
  '{curly}:*?[x]',
  '%7B%25',
  '__proto__',
  'x'.repeat(70_000),
];

export const publish: Concern = ({ promise }) => {
  promise('a batch is answered with one receipt a message, in the order given', async (scene) => {
    const queue = await scene.queue();
    const receipts = await scene.publish(queue, 'a', 'b', 'c');
    assert.deepEqual(
      receipts.map(({ duplicate, dueAt }) => ({ duplicate, dueAt })),
      Array(3).fill({ duplicate: false, dueAt: undefined }),
    );
    assert.equal(new Set(receipts.map(({ id }) => id)).size, 3);
    const taken = await (await scene.consumer(queue)).take(3);
    assert.deepEqual(
      taken.map(({ message: { id, body } }) => [id, body]),
      receipts.map(({ id }, index) => [id, 'abc'[index]]),
    );
  });

  promise('messages are handed out in the order in which they were published', async (scene) => {
    const queue = await scene.queue();
    for (const body of numbered(5)) await scene.publish(queue, body);
    await scene.publish(queue, 'm5', 'm6', 'm7');
    assert.deepEqual(bodies(await (await scene.consumer(queue)).take(8)), numbered(8));
  });

  promise('a batch under a token that was seen is not stored again and answers the same receipts', async (scene) => {
    const queue = await scene.queue();
    const token = scene.token();
    const first = await scene.ask(scene.batch(queue, ['a', 'b'], token));
    await scene.publish(queue, 'c');
    const again = await scene.ask(scene.batch(queue, ['a', 'b'], token));
    assert.deepEqual(again, first);
    assert.deepEqual(bodies(await (await scene.consumer(queue)).all()), ['a', 'b', 'c']);
  });

  promise('the same messages under another token are other messages', async (scene) => {
    const queue = await scene.queue();
    await scene.publish(queue, 'a');
    await scene.publish(queue, 'a');
    assert.deepEqual(bodies(await (await scene.consumer(queue)).all()), ['a', 'a']);
  });

  promise('a token counts for one topic only', async (scene) => {
    const queue = await scene.queue();
    const other = await scene.subscribe(await scene.topic('returns'));
    const token = scene.token();
    await scene.ask(scene.batch(queue, ['a'], token));
    await scene.ask(scene.batch(other, ['b'], token));
    assert.deepEqual(bodies(await (await scene.consumer(other)).all()), ['b']);
  });

  promise('a text body comes back as it is, however strange', async (scene) => {
    const queue = await scene.queue();
    await scene.publish(queue, ...strange);
    assert.deepEqual(bodies(await (await scene.consumer(queue)).take(strange.length)), strange);
  });

  promise('a binary body comes back byte for byte, as bytes', async (scene) => {
    const queue = await scene.queue();
    const all = [Uint8Array.from({ length: 256 }, (_, index) => index), new Uint8Array(0), Uint8Array.of(0xff, 0xfe, 0, 0xc3, 0x28)];
    await scene.publish(queue, ...all.map((body) => message(body)));
    const taken = await (await scene.consumer(queue)).take(3);
    for (const [
      index,
      {
        message: { body },
      },
    ] of taken.entries()) {
      assert.ok(body instanceof Uint8Array, 'bytes stay bytes');
      assert.deepEqual([...body], [...(all[index] ?? [])]);
    }
  });

  promise('headers come back as they are, names and values', async (scene) => {
    const queue = await scene.queue();
    const headers = Object.fromEntries<string>([
      ...strange.slice(1, -1).map((text, index): [string, string] => [`h${index} ${text}`, text]),
      ['constructor', 'c'],
      ['A', '1'],
      ['a', '2'],
      ['10', 'ten'],
      ['9', 'nine'],
      ['empty', ''],
    ]);
    await scene.publish(queue, message('a', { headers }));
    const {
      message: { headers: back },
    } = await (await scene.consumer(queue)).takeOne();
    assert.deepEqual({ ...back }, headers);
  });

  promise('key and codec come back as they are, or as undefined', async (scene) => {
    const queue = await scene.queue();
    const keys = strange.slice(1, -1);
    await scene.publish(queue, ...keys.map((key) => message('a', { key, codec: 'cbor' })), 'plain');
    const taken = await (await scene.consumer(queue)).take(keys.length + 1);
    assert.deepEqual(
      taken.map(({ message: { key, codec } }) => [key, codec]),
      [...keys.map((key) => [key, 'cbor']), [undefined, undefined]],
    );
  });

  promise('a message carries the time at which it was stored, and no expiry of its own', async (scene) => {
    const queue = await scene.queue();
    await scene.pass(scene.lease);
    const before = scene.now();
    await scene.publish(queue, 'a');
    const {
      message: { publishedAt, expiresAt },
    } = await (await scene.consumer(queue)).takeOne();
    scene.onTime(publishedAt, before);
    assert.equal(Number.isInteger(publishedAt), true);
    assert.equal(expiresAt, undefined);
  });

  promise('a large batch is stored whole and in order', async (scene) => {
    const queue = await scene.queue();
    const many = numbered(500);
    assert.equal((await scene.publish(queue, ...many)).length, 500);
    assert.deepEqual(bodies(await (await scene.consumer(queue)).take(500)), many);
  });
};
