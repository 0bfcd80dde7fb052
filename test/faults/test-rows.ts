import { describe, expect, it } from 'vitest';
import { describeMongo } from '../support/mongo/shared.js';
import { describeRedis } from '../support/redis/shared.js';
import type { FaultBackend } from './backend/backend.js';
import { mongoBackend } from './backend/mongo.js';
import { redisBackend } from './backend/redis.js';
import { violationsOf } from './check/invariants.js';
import { againOf, reportOf } from './report.js';
import type { Row } from './rows/row.js';
import { planOf } from './rows/rows.js';
import { Stage } from './stage/stage.js';

/** The first seeds of each row, several at once: mostly they wait. */
export function testRows(name: string, rows: readonly Row[]): void {
  describeRedis(name, () => { hold(rows, redisBackend); });
}

export function testRowsOverMongo(name: string, rows: readonly Row[]): void {
  describeMongo(`${name}, over MongoDB`, () => { hold(rows, mongoBackend); });
}

function hold(rows: readonly Row[], backend: FaultBackend): void {
  describe.concurrent('holds what it promises', () => {
    it.each(rows.flatMap((row) => Array.from({ length: row.seeds }, (_, index) => [row.id, index + 1, row.fault, row] as const)))('%s, seed %i: %s', async (id, seed, _fault, row) => {
      const plan = planOf(row, seed);
      const record = await Stage.run(plan, backend, { servers: row.servers, acts: row.acts });
      const violations = violationsOf(record);
      if (violations.length > 0) expect.fail(reportOf(againOf(backend.name, id, seed), plan, record, violations));
    });
  });
}
