import { firstValueFrom } from 'rxjs';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { z } from 'zod';
import { Chronow } from '../../../src/chronow.js';
import { isChronowError, type ErrorCode } from '../../../src/errors.js';

let cw: Chronow;
beforeEach(async () => { cw = await Chronow.init(); });
afterEach(async () => { await cw.close(); });

async function codeOf(work: Promise<unknown>): Promise<ErrorCode | 'resolved'> {
  return work.then(() => 'resolved' as const, (error: unknown) => {
    if (isChronowError(error)) return error.code;
    throw error;
  });
}

describe('shared values in the hot tier', () => {
  test('get gives null for an absent key, and what was set for a present one', async () => {
    expect(await cw.shared.get('k')).toBeNull();
    await cw.shared.set('k', { n: [1, null, 'ü'] });
    expect(await cw.shared.get('k')).toEqual({ n: [1, null, 'ü'] });
    expect(await cw.shared.exists('k')).toBe(true);
  });

  test('revisions only grow, also across delete and re-create', async () => {
    const first = await cw.shared.set('k', 1);
    const second = await cw.shared.set('k', 2);
    await cw.shared.del('k');
    await cw.shared.del('k');
    expect(await cw.shared.exists('k')).toBe(false);
    const third = await cw.shared.set('k', 3);
    expect(second).toBeGreaterThan(first);
    expect(third).toBeGreaterThan(second);
    expect(await firstValueFrom(cw.shared.entry$('k'))).toEqual({ value: 3, revision: third, expiresAt: undefined });
  });

  test('expectedRevision writes only where the key is at it', async () => {
    const revision = await cw.shared.set('k', 1, { expectedRevision: 0 });
    expect(await codeOf(cw.shared.set('k', 2, { expectedRevision: 0 }))).toBe('REVISION_CONFLICT');
    expect(await codeOf(cw.shared.set('k', 2, { expectedRevision: revision }))).toBe('resolved');
  });

  test('update is atomic under many writers', async () => {
    await Promise.all(Array.from({ length: 100 }, () => cw.shared.update<number>('n', (n) => n + 1, { initial: 0 })));
    expect(await cw.shared.get('n')).toBe(100);
  });

  test('a function of update that answers nothing, or a promise, or throws changes nothing', async () => {
    await cw.shared.set('k', 1);
    expect(await codeOf(cw.shared.update('k', () => undefined))).toBe('UPDATE_INVALID');
    expect(await codeOf(cw.shared.update('k', () => Promise.resolve(2)))).toBe('UPDATE_INVALID');
    await expect(cw.shared.update('k', () => { throw new RangeError('mine'); })).rejects.toThrow('mine');
    expect(await cw.shared.get('k')).toBe(1);
  });

  test('a value expires, and expire sets or refuses', async () => {
    await cw.shared.set('k', 1, { hotTtlSeconds: 0.02 });
    await expect.poll(() => cw.shared.get('k'), { interval: 5 }).toBeNull();
    expect(await cw.shared.expire('k', 10)).toBe(false);
    await cw.shared.set('k', 2);
    expect(await cw.shared.expire('k', 0.02)).toBe(true);
    await expect.poll(() => cw.shared.exists('k'), { interval: 5 }).toBe(false);
  });

  test('a closed key refuses to be written', async () => {
    await cw.shared.set('k', 1);
    await cw.shared.del('k', { tombstone: true });
    expect(await cw.shared.get('k')).toBeNull();
    expect(await codeOf(cw.shared.set('k', 2))).toBe('KEY_CLOSED');
  });

  test('bad input is refused at the call', async () => {
    expect(await codeOf(cw.shared.set('', 1))).toBe('NAME_INVALID');
    expect(await codeOf(cw.shared.set('k', undefined))).toBe('PAYLOAD_UNENCODABLE');
    expect(await codeOf(cw.shared.set('k', 'x'.repeat(20), { maxValueBytes: 10 }))).toBe('VALUE_TOO_LARGE');
    expect(await codeOf(cw.shared.set('k', 1, { hotTtlSeconds: 0 }))).toBe('OPTION_INVALID');
    expect(await codeOf(cw.shared.set('k', 1, { warm: { persist: 'required' } }))).toBe('WARM_NOT_CONFIGURED');
    expect(await codeOf(cw.shared.expire('k', -1))).toBe('OPTION_INVALID');
    expect(await codeOf(cw.shared.get('k', { ttl: 1 } as object))).toBe('OPTION_INVALID');
  });

  test('a schema checks what is read', async () => {
    await cw.shared.set('k', { limit: 'ten' });
    expect(await codeOf(cw.shared.get('k', { schema: z.object({ limit: z.number() }) }))).toBe('SCHEMA_REJECTED');
  });
});
