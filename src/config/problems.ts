import { ChronowError, type ErrorCode } from '../errors.js';

/** One thing that is wrong with a configuration, safe to log. */
export interface ConfigProblem {
  /** The option's path, or the variable's name. */
  readonly name: string;
  /** What was given, without secrets. */
  readonly received: string;
  readonly expected: string;
}

/** One error for all of them. */
export function configError(problems: readonly ConfigProblem[], code: ErrorCode = 'CONFIG_INVALID'): ChronowError {
  const lines = problems.map(({ name, received, expected }) => `\n  - ${name}: got ${received}; expected ${expected}`);
  const count = problems.length === 1 ? 'a problem' : `${String(problems.length)} problems`;
  return new ChronowError(code, `the configuration has ${count}:${lines.join('')}`, { details: { problems } });
}
