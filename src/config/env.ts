import { assertConfig, type Reading } from './check.js';
import type { ChronowConfig } from './config.js';
import { optionRows, type OptionRow } from './options.js';
import { configError } from './problems.js';
import { redacted } from './redact.js';
import { printedAs } from './secret.js';

/** Variables, as `process.env` has them. */
export type Environment = Readonly<Record<string, string | undefined>>;

/**
 * A configuration from variables: `CHRONOW_URL`, or those of the original (`REDIS_URL`, `REDIS_CLUSTER_NODES`,
 * `CHRONOW_MONGO_ONLY=true` with `MONGO_URI`), all listed in docs/configuration.md. White space around a value does not
 * count, and an empty variable is one that is not set. The answer prints without secrets and may be spread into a larger one.
 *
 * @throws ChronowError `CONFIG_NO_BACKEND` where no variable names a backend: production must not run on memory by
 * omission, so that has to be said with `CHRONOW_URL=memory:`. `CONFIG_INVALID` with every problem at once.
 *
 * @example
 * ```ts
 * const cw = await Chronow.init({ ...configFromEnv(), connect: 'background' });
 * ```
 */
export function configFromEnv(env: Environment = process.env): ChronowConfig {
  const reading: Reading = { problems: [], bad: new Set() };
  const config: Record<string, unknown> = {};
  for (const row of optionRows) readVariable(row, env, config, reading);
  if (namesNoBackend(config, reading)) {
    const expected = `one of CHRONOW_URL, REDIS_URL, REDIS_CLUSTER_NODES or CHRONOW_MONGO_ONLY=true; CHRONOW_URL=memory: for the embedded backend`;
    throw configError([{ name: 'environment', received: 'no variable that names a backend', expected }, ...reading.problems], 'CONFIG_NO_BACKEND');
  }
  assertConfig(config, (name) => optionRows.find((row) => row.name === name)?.env ?? name, reading);
  return guarded(config);
}

function readVariable(row: OptionRow, env: Environment, config: Record<string, unknown>, { problems, bad }: Reading): void {
  const text = row.env === undefined ? undefined : env[row.env]?.trim();
  if (row.env === undefined || text === undefined || text === '') return;
  const value = valueOf(row.kind, text);
  if (value === undefined) {
    problems.push({ name: row.env, received: redacted(text, row.secret), expected: expectedText(row) });
    bad.add(row.name);
    return;
  }
  const [group = '', member] = row.name.split('.');
  if (member === undefined) config[group] = value;
  else config[group] = { ...(config[group] ?? {}), [member]: value };
}

/** undefined: the text is not of that kind. */
function valueOf(kind: OptionRow['kind'], text: string): unknown {
  if (kind === 'number') return /^\d{1,16}$/.test(text) ? Number(text) : undefined;
  if (kind === 'boolean') return text === 'true' ? true : text === 'false' ? false : undefined;
  if (kind === 'text') return text;
  try {
    const value: unknown = JSON.parse(text);
    return value ?? undefined;
  } catch {
    return undefined;
  }
}

function expectedText(row: OptionRow): string {
  const expected = row.rule(Symbol('expected')) ?? '';
  return row.kind === 'json' ? `${expected}, as JSON` : expected;
}

function namesNoBackend({ url, redis, mongoOnly }: Record<string, unknown>, { bad }: Reading): boolean {
  if (url !== undefined || mongoOnly === true || ['redis.clusterNodes', 'mongoOnly'].some((name) => bad.has(name))) return false;
  return typeof redis !== 'object' || redis === null || !('url' in redis || 'clusterNodes' in redis);
}

/** Lets the settings print without their secrets, each group for itself too. */
function guarded(config: ChronowConfig): ChronowConfig {
  const shownGroups: Record<string, unknown> = {};
  for (const name of Object.keys(config)) {
    const value: unknown = Reflect.get(config, name);
    shownGroups[name] = typeof value === 'object' && value !== null ? shownGroup(name, value) : shown(name, value);
  }
  return printedAs(config, () => ({ ...shownGroups }));
}

function shownGroup(group: string, value: object): unknown {
  const members = Object.fromEntries(Object.entries(value).map(([name, member]) => [name, shown(`${group}.${name}`, member)]));
  printedAs(value, () => ({ ...members }));
  return members;
}

function shown(name: string, value: unknown): unknown {
  return optionRows.find((row) => row.name === name)?.secret === true ? redacted(value, true) : value;
}
