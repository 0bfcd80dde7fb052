import rxjsX from 'eslint-plugin-rxjs-x';
import { defineConfig, globalIgnores } from 'eslint/config';
import { fileURLToPath } from 'node:url';
import tseslint from 'typescript-eslint';
import { everywhere, inTheCore } from './house-bans.js';

const root = fileURLToPath(new URL('../..', import.meta.url));

// A rule is switched here or not at all: an `eslint-disable` in src, operators or marbles fails test/architecture.
export default defineConfig([
  globalIgnores(['**/dist/**', 'test/fixtures/architecture/**', 'test/fixtures/package/**', 'test/types/misuses/**', '**/*.js', '**/*.mjs']),
  {
    files: ['**/*.ts'],
    extends: [tseslint.configs.strictTypeChecked, rxjsX.configs.strict],
    linterOptions: { reportUnusedDisableDirectives: 'error' },
    languageOptions: { parserOptions: { project: 'test/config/tsconfig.json', tsconfigRootDir: root } },
    rules: {
      ...everywhere,
      eqeqeq: 'error',
      '@typescript-eslint/consistent-type-imports': 'error',
      // A number in a text reads as it is; objects and undefined stay refused.
      '@typescript-eslint/restrict-template-expressions': ['error', { allowNumber: true }],
      '@typescript-eslint/restrict-plus-operands': ['error', { allowNumberAndString: true }],
      // `() => list.push(x)` is what a one-line callback looks like here.
      '@typescript-eslint/no-confusing-void-expression': ['error', { ignoreArrowShorthand: true, ignoreVoidReturningFunctions: true }],
      '@typescript-eslint/no-unused-vars': ['error', { argsIgnorePattern: '^_', varsIgnorePattern: '^_', ignoreRestSiblings: true }],
      // Where takeUntil stands is a decision: before the work it drains, after it cancels.
      'rxjs-x/no-unsafe-takeuntil': 'off',
      // An empty source rejects with EmptyError, which the caller sees like every other failure.
      'rxjs-x/no-ignored-default-value': 'off',
    },
  },
  {
    files: ['src/**/*.ts', 'operators/**/*.ts', 'marbles/**/*.ts'],
    rules: {
      // Arguments are checked for callers without types, and re-entrant code changes state behind the compiler's narrowing.
      '@typescript-eslint/no-unnecessary-condition': 'off',
    },
  },
  {
    files: ['src/**/*.ts', 'operators/**/*.ts', 'marbles/**/*.ts'],
    ignores: ['src/system-runtime.ts', 'src/config/env.ts', 'src/cli/**', 'src/adapters/!(memory)/**'],
    rules: inTheCore,
  },
  {
    // A marble string is its letters.
    files: ['marbles/**/*.ts'],
    rules: { '@typescript-eslint/no-misused-spread': 'off' },
  },
  {
    // Sources and watched values are Observables by contract (they are piped), and a source subscribes to what it is made of.
    files: ['src/subscription/delivery-source.ts', 'src/shared/watch/shared-watch.ts', 'src/shared/watch/shared-watch-many.ts'],
    rules: { 'rxjs-x/no-subclass': 'off', 'rxjs-x/no-nested-subscribe': 'off' },
  },
  {
    files: ['test/**/*.ts', 'marbles/conformance/**/*.ts'],
    rules: {
      // `async` where a promise is expected, without a reason to wait in this one.
      '@typescript-eslint/require-await': 'off',
      // The letters of a text; a double made of an instance's own fields.
      '@typescript-eslint/no-misused-spread': 'off',
      // An error that no handler took fails the run, which is what a test wants of it.
      'rxjs-x/no-ignored-error': 'off',
      // A log of everything is the point of these subjects.
      'rxjs-x/no-ignored-replay-buffer': 'off',
      // That a call alone does nothing is one of the things tested.
      'rxjs-x/no-floating-observables': 'off',
    },
  },
  {
    // Types are what these are about: said once more, and held against what the compiler infers.
    files: ['test/types/**/*.ts'],
    rules: { '@typescript-eslint/no-unnecessary-type-assertion': 'off', '@typescript-eslint/no-unnecessary-type-parameters': 'off' },
  },
  {
    // Planted bugs do what nobody should.
    files: ['test/fixtures/**/*.ts'],
    rules: { 'rxjs-x/no-subscribe-in-pipe': 'off', 'rxjs-x/no-nested-subscribe': 'off' },
  },
  {
    // vitest asks for a default export.
    files: ['test/config/*.config.ts'],
    rules: { 'no-restricted-syntax': 'off' },
  },
]);
