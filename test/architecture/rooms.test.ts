import { describe, expect, it } from 'vitest';
import { arrows } from './guards/arrows.js';
import { house, planted } from './support/tree.js';

describe('the rooms', () => {
  it('are all there is', () => {
    expect(house.length).toBeGreaterThan(100);
  });

  it('import only what lies below them', () => {
    expect(arrows(house)).toEqual([]);
  });

  it('are refused where they do not', () => {
    expect(arrows(planted('arrows'))).toEqual([
      'marbles/conformance/index.ts:1 imports src/adapters/memory/index.ts, which marbles/conformance must not know',
      "operators/map.ts:1 imports 'rxjs/operators', which operators must not know",
      'operators/map.ts:2 imports src/subscription/consumer.ts, which operators must not know',
      'src/adapters/memory/broker.ts:1 imports src/topic/topic.ts, which src/adapters/memory must not know',
      'src/adapters/redis/index.ts:2 imports src/adapters/memory/index.ts, which src/adapters/redis must not know',
      'src/chronow.ts:1 imports src/adapters/memory/broker.ts, which src/chronow.ts, src/connect.ts must not know',
      'src/chronow.ts:2 imports src/adapters/redis/index.ts, which src/chronow.ts, src/connect.ts must not know',
      'src/helpers/strings.ts is in no room; give it one in test/architecture/guards/room-table.ts',
      'src/topic/topic.ts:1 imports src/adapters/memory/broker.ts, which src/topic must not know',
      'src/topic/topic.ts:2 imports src/shared/shared.ts, which src/topic must not know',
      "src/topic/topic.ts:3 imports 'node:fs/promises', which src/topic must not know",
      'src/topic/topic.ts:4 imports src/port/missing.ts, which is not there',
      "src/topic/topic.ts:5 imports '../errors'; write the file's name with .js",
      'src/topic/topic.ts:8 loads a module by a name that cannot be read; write import() with a literal',
      'src/topic/topic.ts:9 loads src/adapters/memory/index.ts, which src/topic must not',
      'src/topic/topic.ts:10 imports src/chronow.ts, which src/topic must not know',
    ]);
  });
});
