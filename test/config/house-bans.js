// The house rules that need no types, as plain lists: the linter applies them, and test/architecture/bans.test.ts applies
// them to planted files that they must refuse.

const clock = 'time, ids and chance come from port/runtime, so that everything runs in virtual time';
const outside = 'the core does not touch the process: options come from config, notices go to events$';

/** What a core room must not touch. @type {Record<string, string>} */
const bannedGlobals = {
  setTimeout: clock,
  setInterval: clock,
  setImmediate: clock,
  clearTimeout: clock,
  clearInterval: clock,
  clearImmediate: clock,
  queueMicrotask: clock,
  performance: clock,
  crypto: clock,
  process: outside,
  console: outside,
};

/** Syntax that no file of ours has. */
export const everywhere = {
  'no-restricted-syntax': [
    'error',
    { selector: 'ExportDefaultDeclaration', message: 'named exports only: a name is the same on both sides' },
    { selector: 'ExportSpecifier[exported.name="default"]', message: 'named exports only: a name is the same on both sides' },
    { selector: 'TSEnumDeclaration', message: 'no enum: a union of words, or a const object' },
    { selector: 'TSAsExpression > TSAsExpression > TSUnknownKeyword', message: 'no `as unknown as`: check the value instead' },
  ],
  'no-restricted-imports': [
    'error',
    {
      patterns: [
        { regex: '^rxjs/internal', message: 'internals of rxjs change without notice' },
        { regex: '^rxjs/operators$', message: "operators come from 'rxjs'" },
      ],
    },
  ],
};

/** Globals that only src/system-runtime.ts, config/env.ts, adapters over drivers and the CLI touch. */
export const inTheCore = {
  'no-restricted-globals': ['error', ...Object.entries(bannedGlobals).map(([name, message]) => ({ name, message }))],
  'no-restricted-properties': [
    'error',
    { object: 'Date', property: 'now', message: clock },
    { object: 'Math', property: 'random', message: clock },
    { object: 'AbortSignal', property: 'timeout', message: clock },
    ...Object.keys(bannedGlobals).map((property) => ({ object: 'globalThis', property, message: clock })),
  ],
  'no-restricted-syntax': [
    ...everywhere['no-restricted-syntax'],
    { selector: 'NewExpression[callee.name="Date"][arguments.length=0]', message: clock },
    { selector: 'CallExpression[callee.name="Date"]', message: clock },
  ],
};
