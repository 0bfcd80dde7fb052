import { parseArgs } from 'node:util';

export interface Settings {
  /** 2 plays the week twice as fast. */
  readonly speed: number;
  readonly seed: number;
}

export type Command = { readonly action: 'run'; readonly settings: Settings } | { readonly action: 'help' } | { readonly action: 'refuse'; readonly problem: string };

export const help = `Replays a week of earthquakes through one topic with three subscriptions, and accounts for every record.

usage: npm start -- [--speed N] [--seed N]

  --speed N   plays the week N times as fast, above 0 up to 1000; 1 takes about 20 s (default 1)
  --seed N    decides which records are damaged and when the notifier fails, 0 to 4294967295 (default 1)
  --help      shows this

Runs embedded. CHRONOW_URL (or the variables of configFromEnv()) names another backend.
Exit code: 0 all as expected, 1 differences, 2 wrong arguments, 130 interrupted.
`;

export function parseCommand(args: readonly string[]): Command {
  try {
    const { values } = parseArgs({
      args: [...args],
      options: { speed: { type: 'string', default: '1' }, seed: { type: 'string', default: '1' }, help: { type: 'boolean', short: 'h', default: false } },
    });
    if (values.help) return { action: 'help' };
    const speed = numberOf(values.speed);
    const seed = numberOf(values.seed);
    if (!(speed > 0 && speed <= 1_000)) return refuse(`--speed must be a number above 0 and up to 1000; got "${values.speed}"`);
    if (!(Number.isInteger(seed) && seed >= 0 && seed < 2 ** 32)) return refuse(`--seed must be a whole number from 0 to 4294967295; got "${values.seed}"`);
    return { action: 'run', settings: { speed, seed } };
  } catch (error) {
    return refuse(error instanceof Error ? error.message : String(error));
  }
}

/** NaN for what is no number; an empty text is none. */
function numberOf(text: string): number {
  return text.trim() === '' ? NaN : Number(text);
}

function refuse(problem: string): Command {
  return { action: 'refuse', problem };
}
