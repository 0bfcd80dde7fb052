import { ESLint, Linter } from 'eslint';
import { readFileSync } from 'node:fs';
import tseslint from 'typescript-eslint';
import { describe, expect, it } from 'vitest';
import { everywhere, inTheCore } from '../config/house-bans.js';
import { root } from './support/tree.js';

/** Line and rule of what a list of rules refuses in a planted file. */
function refused(file: string, rules: Linter.RulesRecord): readonly string[] {
  const text = readFileSync(`${root}/test/fixtures/architecture/lint/${file}`, 'utf8');
  const config: Linter.Config = { files: ['**/*.ts'], languageOptions: { parser: tseslint.parser }, rules };
  return new Linter().verify(text, config, 'planted.ts').map(({ line, ruleId, message }) => `${String(line)} ${ruleId ?? message}`);
}

/** The rules of the configuration that hold for a file. */
async function rulesFor(file: string): Promise<Linter.RulesRecord> {
  const eslint = new ESLint({ cwd: root, overrideConfigFile: `${root}/test/config/eslint.config.js` });
  return ((await eslint.calculateConfigForFile(`${root}/${file}`)) as { rules: Linter.RulesRecord }).rules;
}

describe('the linter', () => {
  it('refuses default exports, enums, double assertions and the wrong doors of rxjs', () => {
    expect(refused('everywhere.ts', everywhere)).toEqual([
      '1 no-restricted-imports',
      '2 no-restricted-imports',
      '4 no-restricted-syntax',
      '5 no-restricted-syntax',
      '7 no-restricted-syntax',
      '8 no-restricted-syntax',
    ]);
  });

  it('refuses the real clock, queues, chance, process and console', () => {
    expect(refused('core.ts', inTheCore)).toEqual([
      '1 no-restricted-properties',
      '2 no-restricted-syntax',
      '3 no-restricted-syntax',
      '4 no-restricted-properties',
      '5 no-restricted-globals',
      '5 no-restricted-properties',
      '6 no-restricted-globals',
      '6 no-restricted-globals',
      '6 no-restricted-globals',
      '6 no-restricted-globals',
      '7 no-restricted-properties',
    ]);
  });

  it.each(['src/topic/topic.ts', 'src/adapters/memory/broker.ts', 'operators/hold.ts', 'marbles/index.ts'])('refuses those in %s', async (file) => {
    expect(await rulesFor(file)).toMatchObject({ 'no-restricted-globals': [2, ...Array<unknown>(11).fill(expect.anything())], '@typescript-eslint/no-explicit-any': [2], '@typescript-eslint/no-non-null-assertion': [2] });
  });

  it.each(['src/system-runtime.ts', 'src/config/env.ts', 'src/adapters/redis/link.ts', 'src/cli/main.ts', 'test/unit/a.test.ts', 'examples/earthquakes/main.ts'])('allows them in %s', async (file) => {
    expect(await rulesFor(file)).not.toHaveProperty('no-restricted-globals');
  });
});
