import { describe, expect, test } from 'vitest';
import { ChronowError } from '../../../src/errors.js';
import { CrashScene } from './crash-scene.js';

/** Longer than a record is its owner's, and than the next look. */
const longEnough = 40_000;

describe('a process that lives', () => {
  test('leaves nothing behind once its copies are made', () => {
    const scene = new CrashScene();
    const one = scene.start();
    one.publish('a');
    one.set('k', 1);
    expect(scene.records).toEqual(['owing', 'owed']);
    scene.runtime.advance(5_000);
    expect(scene.records).toEqual(['owing']);
    one.publish('b');
    void one.cw.close();
    scene.runtime.advance(0);
    expect(scene.records).toEqual([]);
  });

  test('is not robbed, however long its copies take', () => {
    const scene = new CrashScene();
    const one = scene.start();
    const other = scene.start();
    one.isCutOff = true;
    one.publish('a');
    scene.runtime.advance(600_000);
    expect(other.writes).toEqual([]);
    one.isCutOff = false;
    scene.runtime.advance(60_000);
    expect([scene.copies.length, other.writes, one.cw.shared.warmCounts.waiting]).toEqual([1, [], 0]);
  });

  test('and stood still for too long loses its record and nothing else', () => {
    const scene = new CrashScene();
    const one = scene.start();
    const other = scene.start();
    one.isCutOff = true;
    one.publish('a');
    one.isStill = true;
    scene.runtime.advance(longEnough);
    expect(other.writes).toEqual(['saveMessages 1']);
    // It goes on, as if nothing had been; and what it owes then is safe again.
    one.isStill = false;
    one.publish('b');
    one.kill();
    scene.runtime.advance(longEnough);
    expect([scene.copies, scene.records]).toEqual([scene.log, []]);
  });

  test('and owed nothing for long is found again when it owes something', () => {
    const scene = new CrashScene();
    const one = scene.start();
    one.publish('a');
    scene.start();
    scene.runtime.advance(60_000);
    expect(scene.records, 'its name was taken off').not.toContain('owing');
    one.isCutOff = true;
    one.publish('b');
    one.kill();
    scene.runtime.advance(longEnough);
    expect([scene.copies, scene.records.includes('owing')]).toEqual([scene.log, false]);
  });

  test('does not count on a record that others may be about to take', () => {
    const scene = new CrashScene();
    const one = scene.start();
    one.isCutOff = true;
    one.publish('a');
    scene.runtime.advance(1_000);
    // The refresh is carried out, and then the process stands still.
    one.deafen();
    scene.runtime.advance(13_000);
    one.commands.length = 0;
    one.publish('b');
    expect(one.commands).not.toContain('publish');
    one.hear();
    expect(one.commands.filter((command) => /^(?:set owed|publish)$/.test(command))).toEqual(['set owed', 'publish']);
  });

  test('writes nothing to the hot tier where that cannot be noted', async () => {
    const scene = new CrashScene();
    const one = scene.start();
    one.keysFail = new ChronowError('LINK_LOST', 'planted', { retryable: true });
    await expect(one.cw.bus.publish('t', 'a')).rejects.toMatchObject({ code: 'LINK_LOST' });
    expect(one.commands).not.toContain('publish');
    one.keysFail = undefined;
    await one.cw.bus.publish('t', 'b');
    scene.runtime.advance(5_000);
    expect([scene.copies.length, scene.records]).toEqual([1, ['owing']]);
  });

  test('writes its record every two seconds in a steady flow, and not for each message', () => {
    const scene = new CrashScene();
    const one = scene.start();
    for (let n = 0; n < 6_000; n += 1) {
      one.publish(n);
      scene.runtime.advance(10);
    }
    expect(scene.copies.length).toBe(6_000);
    // A minute at 100 messages a second; also what it asks to find records of others.
    const own = one.commands.filter((command) => /^(?:set|del) ow/.test(command));
    expect(own.length).toBe(32);
    expect(one.commands.length - 6_000).toBeLessThan(70);
  });

  test('names only what is owed where it writes one key after the other', () => {
    const scene = new CrashScene();
    const one = scene.start();
    let longest = 0;
    for (let n = 0; n < 2_000; n += 1) {
      one.set(`k${n}`, n);
      longest = Math.max(longest, scene.owedText.length);
      scene.runtime.advance(1);
    }
    one.kill();
    const other = scene.start();
    scene.runtime.advance(longEnough);
    expect([longest < 10_000, longest > 100, other.missing]).toEqual([true, true, []]);
  });

  test('refuses what waits for its record when it is closed', async () => {
    const scene = new CrashScene();
    const one = scene.start();
    one.publish('a');
    one.deafen();
    const written = one.cw.bus.publish('t2', 'is in the record that is under way');
    const refused = expect(one.cw.bus.publish('t3', 'is not')).rejects.toMatchObject({ code: 'CLOSED' });
    void one.cw.close();
    one.hear();
    scene.runtime.advance(2_000);
    await written;
    await refused;
    expect(scene.records).toEqual([]);
  });

  test('that ends while the warm tier is down leaves its work to others', () => {
    const scene = new CrashScene();
    const one = scene.start();
    one.isCutOff = true;
    one.publish('a');
    void one.cw.close({ deadlineMs: 100 });
    scene.runtime.advance(2_000);
    expect(one.events).toContainEqual(expect.objectContaining({ type: 'warm-failed', work: 'messages' }));
    one.kill();
    scene.start();
    scene.runtime.advance(longEnough);
    expect([scene.copies.length, scene.records]).toEqual([1, []]);
  });

  test('keeps no record of what is not to be copied, nor where the hot tier ends with it', async () => {
    const scene = new CrashScene();
    const one = scene.start();
    await one.cw.bus.publish('t', 'a', { persistWarmCopy: false });
    await one.cw.shared.set('k', 1, { warm: { persist: false } });
    expect(scene.records).toEqual([]);
  });
});
