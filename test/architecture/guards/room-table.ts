/** What a room may import. Anything not listed here is refused, so that a new arrow is a decision and not a habit. */
export interface Room {
  /** The folder, or the files, that the room is. A longer path wins over a shorter one. */
  readonly paths: readonly string[];
  /** Rooms (by a path that starts like it) or single files. */
  readonly may: readonly string[];
  /** Packages, by exact specifier. */
  readonly packages?: readonly string[];
  /** Rooms that may be loaded by `import()` with a literal, when they are asked for. */
  readonly lazily?: readonly string[];
}

const schema = '@standard-schema/spec';
const bottom = ['src/port', 'src/errors.ts', 'src/keys', 'src/retry', 'src/options'];
const middle = [...bottom, 'src/codec', 'src/config'];
const core = [...middle, 'src/subscription', 'src/topic', 'src/shared', 'src/bus', 'src/warm', 'src/metrics', 'src/events.ts'];
const adapter = ['src/port', 'src/errors.ts', 'src/keys', 'src/codec', 'src/retry', 'src/adapters/common'];

/** The delivery types, and custody of a delivery, which operators are about. */
const delivery = ['delivery', 'delivery-view', 'outcome', 'fates', 'lease-cell', 'failure-note', 'fifo'].map((file) => `src/subscription/${file}.ts`);

/** Bottom first. */
export const rooms: readonly Room[] = [
  { paths: ['src/errors.ts'], may: [] },
  { paths: ['src/port'], may: ['src/errors.ts'], packages: ['rxjs'] },
  { paths: ['src/options'], may: ['src/errors.ts'] },
  { paths: ['src/keys'], may: ['src/errors.ts', 'src/port'] },
  { paths: ['src/retry'], may: ['src/errors.ts', 'src/port', 'src/options'] },
  { paths: ['src/codec'], may: ['src/port', 'src/errors.ts', 'src/keys'], packages: [schema] },
  // node:util for inspect.custom: a secret must not show in a log either.
  { paths: ['src/config'], may: [...bottom, 'src/codec'], packages: ['node:util'] },
  { paths: ['src/subscription'], may: middle, packages: ['rxjs'] },
  { paths: ['src/topic'], may: [...middle, 'src/subscription'], packages: ['rxjs', schema] },
  // The client, references and payload coding are the topic's and used by both; shared knows nothing of subscriptions.
  { paths: ['src/shared'], may: [...middle, 'src/warm', ...['client', 'payload-coder', 'refs', 'to-promise'].map((file) => `src/topic/${file}.ts`)], packages: ['rxjs', schema] },
  { paths: ['src/warm'], may: middle, packages: ['rxjs'] },
  { paths: ['src/metrics'], may: middle, packages: ['rxjs', 'node:diagnostics_channel'] },
  { paths: ['src/bus'], may: [...middle, 'src/subscription', 'src/topic', 'src/shared'], packages: ['rxjs', schema] },
  { paths: ['src/events.ts'], may: ['src/port'] },
  { paths: ['src/system-runtime.ts'], may: ['src/port'], packages: ['node:crypto'] },

  // What two adapters need and no driver knows: small helpers over the port.
  { paths: ['src/adapters/common'], may: ['src/port', 'src/errors.ts', 'src/retry', 'src/keys'], packages: ['rxjs'] },
  // The broker's default runtime is the only thing above the port that an adapter meets.
  { paths: ['src/adapters/memory'], may: [...adapter, 'src/system-runtime.ts'], packages: ['rxjs'] },
  { paths: ['src/adapters/redis'], may: [...adapter, 'src/system-runtime.ts'], packages: ['rxjs', 'ioredis', 'node:crypto'] },
  { paths: ['src/adapters/mongo'], may: [...adapter, 'src/system-runtime.ts'], packages: ['rxjs', 'mongodb', 'node:crypto'] },
  { paths: ['src/adapters/chronos'], may: [...adapter, 'src/system-runtime.ts'], packages: ['rxjs', 'node:module'] },

  // The composition root: memory at once, the others when the configuration asks for them, so that no driver need be installed.
  {
    paths: ['src/chronow.ts', 'src/connect.ts'],
    may: [...core, 'src/connect.ts', 'src/system-runtime.ts', 'src/adapters/memory/index.ts'],
    // node:fs: the file of a certificate authority, which the configuration only names.
    packages: ['rxjs', 'node:fs'],
    lazily: ['src/adapters/redis/index.ts', 'src/adapters/mongo/index.ts', 'src/adapters/chronos/index.ts'],
  },
  { paths: ['src/index.ts'], may: [...core, 'src/chronow.ts', 'src/system-runtime.ts'] },
  { paths: ['src/cli'], may: ['src/index.ts'], packages: ['rxjs', 'node:process', 'node:util'], lazily: ['src/adapters/redis/index.ts', 'src/adapters/mongo/index.ts'] },

  { paths: ['operators'], may: ['src/port', 'src/errors.ts', 'src/retry', 'src/options', ...delivery], packages: ['rxjs'] },
  // A flow under test is the real client over the memory broker in virtual time; node:util compares and prints values.
  { paths: ['marbles'], may: [...core, 'src/chronow.ts', 'src/adapters/memory/index.ts', 'operators/index.ts'], packages: ['rxjs', 'rxjs/testing', 'node:util'] },
  { paths: ['marbles/conformance'], may: ['src/port', 'src/errors.ts'], packages: ['rxjs', 'node:assert/strict'] },
  { paths: ['marbles/vitest.ts'], may: ['marbles'], packages: ['rxjs', 'vitest'] },
];

/** The room that a path is in. */
export function roomOf(path: string): Room | undefined {
  const lengths = rooms.map((room) => Math.max(0, ...room.paths.filter((own) => within(path, own)).map((own) => own.length)));
  const longest = Math.max(...lengths);
  return longest === 0 ? undefined : rooms[lengths.indexOf(longest)];
}

/** Whether a path is the given file or lies in the given folder. */
export function within(path: string, place: string): boolean {
  return path === place || path.startsWith(`${place}/`);
}
