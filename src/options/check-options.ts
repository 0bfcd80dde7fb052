import { ChronowError } from '../errors.js';

/** What a value of an option must be; answers the expectation as text when it is not. */
export type OptionRule = (value: unknown) => string | undefined;

/** The options of a call, by name. */
export type OptionRules = Readonly<Record<string, OptionRule>>;

/**
 * Checks the options of a call, at the call: unknown names, values out of range and what is required but not there, all in
 * one `OPTION_INVALID`. An undefined option counts as not given.
 */
export function checkOptions(call: string, options: object, rules: OptionRules, required: readonly string[] = []): void {
  // Types are erased: a caller may give anything.
  if (typeof options !== 'object' || options === null || Array.isArray(options)) throw new ChronowError('OPTION_INVALID', `${call} takes its options as an object; got ${shown(options)}`, { details: { call } });
  let problems: string[] | undefined;
  for (const name of required) if (Reflect.get(options, name) === undefined) (problems ??= []).push(`${call} needs { ${name} }: ${rules[name]?.(undefined) ?? 'anything'}`);
  for (const name of Object.keys(options)) {
    const problem = problemOf(call, name, Reflect.get(options, name), rules);
    if (problem !== undefined) (problems ??= []).push(problem);
  }
  if (problems !== undefined) throw new ChronowError('OPTION_INVALID', problems.join('; '), { details: { call, problems } });
}

function problemOf(call: string, name: string, value: unknown, rules: OptionRules): string | undefined {
  const rule = Object.hasOwn(rules, name) ? rules[name] : undefined;
  if (rule === undefined) return unknownOption(call, name, Object.keys(rules));
  const expected = value === undefined ? undefined : rule(value);
  return expected === undefined ? undefined : `${call}({ ${name} }) must be ${expected}; got ${shown(value)}`;
}

function unknownOption(call: string, name: string, known: readonly string[]): string {
  const nearest = nearestName(name, known);
  return `${call} has no option "${name}"${nearest === undefined ? `; it takes ${known.length === 0 ? 'none' : known.join(', ')}` : `; did you mean "${nearest}"?`}`;
}

/** The known name that is fewest edits away, if it is near enough to be a slip. */
export function nearestName(name: string, known: readonly string[]): string | undefined {
  let best: string | undefined;
  // Near is two edits, or a third of a long name; a name of which hardly a letter stays is another name.
  let bestDistance = Math.min(Math.max(2, Math.floor(name.length / 3)), name.length - 2) + 1;
  for (const candidate of known) {
    const distance = editDistance(name.toLowerCase(), candidate.toLowerCase());
    if (distance < bestDistance) {
      best = candidate;
      bestDistance = distance;
    }
  }
  return best;
}

function editDistance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, column) => column);
  for (let i = 1; i <= a.length; i += 1) {
    const next = [i];
    for (let j = 1; j <= b.length; j += 1) {
      const substitute = (row[j - 1] ?? 0) + (a[i - 1] === b[j - 1] ? 0 : 1);
      next.push(Math.min(substitute, (row[j] ?? 0) + 1, (next[j - 1] ?? 0) + 1));
    }
    row = next;
  }
  return row[b.length] ?? 0;
}

/** A received value as it may stand in a message: numbers, booleans and short texts as they are, else its type. */
export function shown(value: unknown): string {
  if (typeof value === 'string') return value.length > 40 ? `a text of ${String(value.length)} characters` : `${JSON.stringify(value)} (string)`;
  if (typeof value === 'number' || typeof value === 'boolean' || value === null) return `${String(value)} (${value === null ? 'null' : typeof value})`;
  return Array.isArray(value) ? 'an array' : `a value of type ${typeof value}`;
}
