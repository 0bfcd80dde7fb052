import { describe, expect, it } from 'vitest';
import { misspelt } from '../misuses/arguments.js';
import { prelude, type Misuse } from '../misuses/misuse.js';
import { misplaced } from '../misuses/placement.js';
import { unseen } from '../misuses/unseen.js';
import { miswritten } from '../misuses/work.js';
import { compileAsPublished, type Compiler } from './as-published.js';
import { planted, plantedPrelude } from './planted.js';
import { sentencesOf } from './sentences.js';

const inferred = ['deliveries', 'work', 'outcomes'].map((name) => `test/types/inference/${name}.ts`);
const misuses: readonly Misuse[] = [...misplaced, ...miswritten, ...misspelt];
const snippets = [...misuses, ...unseen].flatMap(({ code, instead }) => [code, instead]);
const textOf = new Map([...snippets.map((code) => [code, `${prelude}${code};\n`] as const), ...planted.map(({ code }) => [code, `${plantedPrelude}${code};\n`] as const)]);
const fileOf = new Map([...textOf.keys()].map((code, index) => [code, `test/types/snippet-${String(index)}.ts`]));

/** Every type test, under one compiler and in one Program. */
export function typeTests(compiler: Compiler): void {
  const onDisk = inferred.map((file) => [file, undefined] as const);
  const compilation = compileAsPublished(compiler, new Map([...onDisk, ...[...fileOf].map(([code, file]) => [file, textOf.get(code)] as const)]));
  const about = (code: string): readonly { readonly at: string; readonly lastLine: string }[] =>
    compilation.about(fileOf.get(code) ?? code).map(({ at, text }) => ({ at, lastLine: lastLineOf(text) }));

  describe.each(inferred)('infers in %s', (file) => {
    it.each(sentencesOf(compiler, compilation, file))('$sentence', ({ said }) => {
      expect(said).toEqual([]);
    });
  });

  describe('notices in an expectation', () => {
    it.each(planted)('$mistake', ({ code }) => {
      expect(about(code).map(({ lastLine }) => lastLine)).toEqual(['Expected 2 arguments, but got 1.']);
    });
  });

  it('finds the declarations of the operators valid, each made from its one source file', () => {
    expect(compilation.aboutDeclarationsOf('operators')).toEqual([]);
  });

  describe('says about', () => {
    it.each(misuses)('$mistake: $says', ({ code, at, says }) => {
      expect(about(code)).toEqual([{ at, lastLine: says }]);
    });
  });

  describe('says nothing', () => {
    it.each(misuses)('about what is right instead of $mistake', ({ instead }) => {
      expect(about(instead)).toEqual([]);
    });

    it.each(unseen)('about $mistake, which it cannot see, nor about what is right', ({ code, instead }) => {
      expect([...about(code), ...about(instead)]).toEqual([]);
    });
  });
}

/**
 * The line to read. In which order the compiler names the members of a union, and about which of them it complains first,
 * depends on what else it has compiled: here they are sorted, and it complains about the first.
 */
function lastLineOf(text: string): string {
  const line = text.split('\n').at(-1)?.trim() ?? '';
  return line
    .replace(/(?<=Observable<)[^']+(?=>' but)/, (union) => union.split(' | ').sort().join(' | '))
    .replace(/(?<=^Type ')(?:Failed<Payment>|Lost<Payment>)(?=' is missing)/, 'Acked<Payment, Score>');
}
