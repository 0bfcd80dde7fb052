import { describe, expect, it } from 'vitest';
import { drivers } from './guards/drivers.js';
import { house, planted } from './support/tree.js';

describe('an optional peer', () => {
  it('is imported behind its own door only', () => {
    expect(drivers(house)).toEqual([]);
  });

  it('is refused elsewhere, as a type and by import() too', () => {
    expect(drivers(planted('drivers'))).toEqual([
      "marbles/matchers.ts:1 imports 'vitest'; only marbles/vitest.ts may",
      "src/adapters/memory/broker.ts:1 imports 'ioredis'; only src/adapters/redis may",
      "src/adapters/redis/index.ts:2 imports 'mongodb'; only src/adapters/mongo may",
      "src/chronow.ts:1 imports 'ioredis/built/Redis.js'; only src/adapters/redis may",
      "src/chronow.ts:2 imports 'chronos-db'; only src/adapters/chronos may",
    ]);
  });
});
