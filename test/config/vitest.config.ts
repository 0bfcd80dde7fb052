import { fileURLToPath } from 'node:url';
import { defineConfig } from 'vitest/config';
import { root, sourceDoors } from './doors.js';
import { kinds, patternsOf } from './kinds.js';
import { KindsReporter } from './kinds-reporter.js';

const path = (relative: string): string => fileURLToPath(new URL(relative, root));

// The doors lead to the sources, so that no test needs a build; the package tests build, pack and install for themselves.
const alias = [...sourceDoors()].map(([door, source]) => ({ find: new RegExp(`^${door}$`), replacement: path(source) }));

/**
 * Tests over real servers have deadlines that a machine which stands still for seconds does not keep. In CI such a test is run once more; the
 * reporter names it, so that none passes unseen.
 */
const again = { retry: process.env['CI'] === undefined ? 0 : 1 };

/** One redis-server for all kinds that have tests with it; no other kind waits for one. A cluster is started in a hook. */
const redis = { ...again, globalSetup: ['test/support/redis/global-setup.ts'], hookTimeout: 60_000 };

/** The same with mongod. */
const mongo = { ...again, globalSetup: ['test/support/mongo/global-setup.ts'], hookTimeout: 60_000 };

/** Both. */
const servers = { ...again, globalSetup: [...redis.globalSetup, ...mongo.globalSetup], hookTimeout: 60_000 };

/** What only some kinds need. */
const settings: Readonly<Record<string, object>> = {
  // They run whole compilers.
  types: { testTimeout: 120_000 },
  docs: { ...servers, testTimeout: 120_000 },
  // Most of their time is waiting.
  conformance: { ...servers, testTimeout: 60_000, maxConcurrency: 12 },
  property: { ...servers, maxConcurrency: 12 },
  examples: servers,
  redis: { ...redis, testTimeout: 60_000 },
  mongo: { ...mongo, testTimeout: 60_000 },
  'mongo-6': { ...mongo, testTimeout: 60_000, maxConcurrency: 12, alias: [{ find: /^mongodb$/, replacement: 'mongodb-6' }] },
  // Most of their time is waiting for leases and timeouts.
  faults: { ...again, globalSetup: [...servers.globalSetup, 'test/faults/compile.ts'], testTimeout: 180_000, maxConcurrency: 4 },
  // The files share one parse of the sources: one worker has them all, when the others are done.
  architecture: { isolate: false, fileParallelism: false, testTimeout: 60_000, sequence: { groupOrder: 1 } },
  package: { globalSetup: ['test/package/support/pack.ts'], testTimeout: 120_000 },
};

export default defineConfig({
  root: path('.'),
  resolve: { alias },
  test: {
    // Most of what takes long waits for servers, leases and elections, so that a core is free for the next file.
    maxWorkers: 2,
    // A net for what hangs, wide enough for a busy machine: no test measures time by it.
    testTimeout: 30_000,
    // What is asked again until it is so, the same.
    expect: { poll: { timeout: 20_000 } },
    // .ci/run sums up what the json file says.
    reporters: process.env['CI'] === undefined ? ['default', new KindsReporter()] : ['default', new KindsReporter(), ['json', { outputFile: path('.cache/tests.json') }]],
    projects: kinds.map((kind) => ({
      extends: true,
      test: { name: kind.name, ...patternsOf(kind), ...settings[kind.name] },
    })),
  },
});
