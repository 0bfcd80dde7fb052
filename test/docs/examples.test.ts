import ts from 'typescript';
import { describe, expect, it } from 'vitest';
import { compileAsPublished } from '../types/support/as-published.js';
import { docstringExamples, documentExamples, moduleOf, type Example } from './support/examples.js';
import { world } from './support/world.js';

const examples: readonly Example[] = [...documentExamples(), ...docstringExamples('src'), ...docstringExamples('operators'), ...docstringExamples('marbles')];
const fileOf = (index: number): string => `test/docs/compiled/example-${String(index)}.ts`;
const files = new Map([['test/docs/compiled/world.d.ts', world], ...examples.map(({ code }, index): [string, string] => [fileOf(index), moduleOf(code)])]);
const compiled = compileAsPublished(ts, files);

describe('the examples in documents and docstrings', () => {
  it('are many', () => {
    expect(examples.length).toBeGreaterThan(20);
  });

  it.each(examples.map(({ where }, index) => [where, index] as const))('%s compiles', (_where, index) => {
    expect(compiled.about(fileOf(index)).map(({ text, at }) => `${text} (at: ${at.slice(0, 80)})`)).toEqual([]);
  });
});

describe('the check of examples', () => {
  it('refuses one that does not compile', () => {
    const file = 'test/docs/compiled/planted.ts';
    const planted = compileAsPublished(ts, new Map([['test/docs/compiled/world.d.ts', world], [file, moduleOf('await cw.topic("t").publsh(1);')]]));
    expect(planted.about(file).map(({ text }) => text).join()).toMatch(/Property 'publsh' does not exist/);
  }, 60_000);
});
