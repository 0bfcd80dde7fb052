import { describe, expect, it } from 'vitest';
import { compile, consumer, outcomeOf } from './support/consumers.js';

describe('the installed package', () => {
  it('runs in an ES module', async () => {
    expect(await outcomeOf(process.execPath, ['main.mjs'], consumer('esm'))).toEqual({ code: 0, output: 'esm: done\n' });
  });

  it('runs in a CommonJS module, without a warning', async () => {
    expect(await outcomeOf(process.execPath, ['main.cjs'], consumer('cjs'))).toEqual({ code: 0, output: 'cjs: done\n' });
  });

  it('keeps its inside to itself', async () => {
    const { code, output } = await outcomeOf(process.execPath, ['--input-type=module', '--eval', "import 'chronow/dist/src/topic/topic.js'"], consumer('esm'));
    expect({ code, output }).toEqual({ code: 1, output: expect.stringContaining('ERR_PACKAGE_PATH_NOT_EXPORTED') as string });
  });
});

const node = { module: 'nodenext', target: 'es2022', lib: ['es2022'], types: ['node'] };
const browser = { module: 'esnext', moduleResolution: 'bundler', target: 'es2022', lib: ['es2022', 'esnext.disposable', 'dom'], types: [] };

describe.each([{ typescript: 'typescript-5.9' }, { typescript: 'typescript' }])('the declarations, read by $typescript with nothing skipped', ({ typescript }) => {
  it('compile in an ES module and in a CommonJS module', async () => {
    expect(await compile(consumer('types'), { typescript, options: node })).toEqual({ code: 0, output: '' });
  });

  it('compile where a bundler resolves, without the types of Node', async () => {
    expect(await compile(consumer('types-bundled'), { typescript, options: browser })).toEqual({ code: 0, output: '' });
  });

  it('are refused where they are used wrongly', async () => {
    const { code, output } = await compile(consumer('types-broken'), { typescript, options: { ...node, skipLibCheck: true } });
    expect(code).not.toBe(0);
    expect(output).toContain("main.mts(3,14): error TS2322: Type 'Promise<Chronow>' is not assignable to type 'number'");
  });
});
