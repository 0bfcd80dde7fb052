import type { Reporter, TestModule } from 'vitest/node';
import { missingMongo } from '../support/mongo/missing.js';
import { missingRedis } from '../support/redis/missing.js';

interface Counts {
  passed: number;
  failed: number;
  skipped: number;
}

const row = (cells: readonly string[]): string => `  ${cells.map((cell, i) => (i === 0 ? cell.padEnd(14) : cell.padStart(8))).join('')}`;

/** Prints at the end how many tests of each kind passed, failed and were skipped. A file that did not load is one failure. */
export class KindsReporter implements Reporter {
  onTestRunEnd(modules: readonly TestModule[]): void {
    const byKind = new Map<string, Counts>();
    let withoutRedis = 0;
    let withoutMongo = 0;
    const again: string[] = [];
    for (const module of modules) {
      const counts = byKind.get(module.project.name) ?? { passed: 0, failed: 0, skipped: 0 };
      byKind.set(module.project.name, counts);
      let failed = 0;
      for (const test of module.children.allTests()) {
        const { state } = test.result();
        if (test.diagnostic()?.flaky === true) again.push(test.fullName);
        if (state === 'passed') counts.passed += 1;
        else if (state === 'failed') failed += 1;
        else {
          counts.skipped += 1;
          if (test.fullName.includes(missingRedis)) withoutRedis += 1;
          if (test.fullName.includes(missingMongo)) withoutMongo += 1;
        }
      }
      counts.failed += failed === 0 && !module.ok() ? 1 : failed;
    }
    const rows = [...byKind].sort(([a], [b]) => a.localeCompare(b)).map(([kind, { passed, failed, skipped }]) => [kind, passed, failed, skipped] as const);
    const total = ([1, 2, 3] as const).map((column) => rows.reduce((sum, cells) => sum + cells[column], 0));
    const lines = [['tests', 'passed', 'failed', 'skipped'], ...rows.map((cells) => cells.map(String)), ['all', ...total.map(String)]];
    process.stdout.write(`\n${lines.map(row).join('\n')}\n\n`);
    if (again.length > 0) process.stdout.write(`${String(again.length)} passed only when run again:\n${again.map((name) => `  ${name}\n`).join('')}\n`);
    if (withoutRedis > 0) process.stdout.write(`!!! NO REDIS-SERVER: ${withoutRedis} tests were skipped. Install it (Debian: apt-get install redis-server), or name one in CHRONOW_REDIS_SERVER.\n\n`);
    if (withoutMongo > 0) process.stdout.write(`!!! NO MONGOD: ${withoutMongo} tests were skipped. Put one on the PATH, or name one in MONGOMS_SYSTEM_BINARY.\n\n`);
  }
}
