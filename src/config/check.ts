import { nearestName } from '../options/check-options.js';
import type { ChronowConfig } from './config.js';
import { crossProblems, type Beside } from './cross-rules.js';
import { optionRows, type OptionRow } from './options.js';
import { configError, type ConfigProblem } from './problems.js';
import { redacted } from './redact.js';

const rows = new Map(optionRows.map((row) => [row.name, row]));
const groups = new Set(optionRows.flatMap(({ name }) => (name.includes('.') ? [name.slice(0, name.indexOf('.'))] : [])));

/** How a message calls an option: by its path, or by its variable. */
export type Label = (name: string) => string;

/** What was found while reading, before the check. */
export interface Reading {
  readonly problems: ConfigProblem[];
  /** Options that are already known to be wrong: no further rule looks at them. */
  readonly bad: Set<string>;
  /** Default: nothing. */
  readonly beside?: Beside | undefined;
}

/** Throws `CONFIG_INVALID` with every problem of `input`, and of the reading before it. */
export function assertConfig(input: unknown, label: Label, { problems, bad, beside = { ownWarmTier: false } }: Reading = { problems: [], bad: new Set() }): asserts input is ChronowConfig {
  const refuse = (name: string, received: string, expected: string): void => {
    problems.push({ name: label(name), received, expected });
    bad.add(name);
  };
  if (isObject(input)) checkFields(input, '', refuse);
  else refuse('init', redacted(input, false), 'an object of options');
  if (isObject(input)) problems.push(...crossProblems(input, bad, label, beside));
  if (problems.length > 0) throw configError(problems);
}

type Refuse = (name: string, received: string, expected: string) => void;

function checkFields(input: object, prefix: string, refuse: Refuse): void {
  for (const key of Object.keys(input)) {
    const name = `${prefix}${key}`;
    const value: unknown = Reflect.get(input, key);
    if (value === undefined) continue;
    const row = rows.get(name);
    if (row !== undefined) checkValue(row, value, refuse);
    else if (prefix !== '' || !groups.has(key)) refuse(name, redacted(value, true), unknownOption(key, prefix));
    else if (isObject(value)) checkFields(value, `${name}.`, refuse);
    else refuse(name, redacted(value, true), 'an object');
  }
}

function checkValue(row: OptionRow, value: unknown, refuse: Refuse): void {
  const expected = row.rule(value);
  if (expected !== undefined) refuse(row.name, redacted(value, row.secret), `${expected}${row.unit === undefined ? '' : ` (${row.unit})`}`);
}

function unknownOption(key: string, prefix: string): string {
  const here = prefix === '' ? [...groups, ...[...rows.keys()].filter((name) => !name.includes('.'))] : optionRows.filter(({ name }) => name.startsWith(prefix)).map(({ name }) => name.slice(prefix.length));
  const elsewhere = optionRows.find(({ name }) => name.slice(name.indexOf('.') + 1) === key)?.name;
  const nearest = nearestName(key, here);
  const meant = nearest === undefined ? elsewhere : `${prefix}${nearest}`;
  if (meant === undefined) return `no such option; ${prefix === '' ? 'init' : prefix.slice(0, -1)} takes ${here.join(', ')}`;
  return `no such option; did you mean "${meant}"?`;
}

function isObject(value: unknown): value is object {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
