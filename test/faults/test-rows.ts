import { describe, expect, it } from 'vitest';
import { describeRedis } from '../support/redis/shared.js';
import { redisBackend } from './backend/redis.js';
import { violationsOf } from './check/invariants.js';
import { reportOf } from './report.js';
import type { Row } from './rows/row.js';
import { planOf } from './rows/rows.js';
import { Stage } from './stage/stage.js';

/** The first seeds of each row, several at once: mostly they wait. */
export function testRows(name: string, rows: readonly Row[]): void {
  describeRedis(name, () => {
    describe.concurrent('holds what it promises', () => {
      it.each(rows.flatMap((row) => Array.from({ length: row.seeds }, (_, index) => [row.id, index + 1, row.fault, row] as const)))('%s, seed %i: %s', async (_id, seed, _fault, row) => {
        const plan = planOf(row, seed);
        const record = await Stage.run(plan, redisBackend, { servers: row.servers, acts: row.acts });
        const violations = violationsOf(record);
        if (violations.length > 0) expect.fail(reportOf(row.id, plan, record, violations));
      });
    });
  });
}
