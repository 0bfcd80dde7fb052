import { readFileSync } from 'node:fs';
import { map, mergeMap } from 'rxjs';
import { TestScheduler } from 'rxjs/testing';
import { describe, expect, test } from 'vitest';
import { schedulerRuntime } from '../../marbles/index.js';
import { memoryBroker } from '../../src/adapters/memory/index.js';
import { Chronow } from '../../src/chronow.js';

/** The diagrams in the docstring of a file: each a list of rows, by the words in front of them. */
function diagrams(file: string): readonly (readonly (readonly [string, string])[])[] {
  const source = readFileSync(new URL(`../../src/shared/watch/${file}.ts`, import.meta.url), 'utf8');
  const [, block = ''] = /```text\n([^]*?)\n \* ```/.exec(source) ?? [];
  return block.split(/^ \*\s*$/m).map((part) => part.trim().split('\n').map((line) => {
    const [, words = '', marbles = ''] = /^[ *]*(.*?) {2,}(\S+)/.exec(line) ?? [];
    return [words, marbles] as const;
  }));
}

/** Runs a diagram: what happens in the rows before, what must be seen in the last ones. */
function run(rows: readonly (readonly [string, string])[], letters: Readonly<Record<string, unknown>>): void {
  const scheduler = new TestScheduler((actual, expected) => { expect(actual).toEqual(expected); });
  scheduler.run(({ hot, expectObservable }) => {
    const runtime = schedulerRuntime(scheduler);
    const broker = memoryBroker({ runtime });
    broker.open().subscribe();
    const { shared } = Chronow.over({ broker, runtime });
    for (const [words, marbles] of rows) {
      const [verb = '', key = 'k'] = words.split(' ');
      if (verb === 'before') shared.set$(key, Number(marbles)).subscribe();
      if (verb === 'set') hot(marbles).pipe(mergeMap((letter) => shared.set$(key, Number(letter)))).subscribe();
      if (verb === 'del') hot(marbles).pipe(mergeMap(() => shared.del$(key))).subscribe();
      if (verb === 'values') expectObservable(shared.watch('k').pipe(map(String)), '^----------!').toBe(marbles, letters);
      if (verb === 'initial:') expectObservable(shared.watch<string | number>('k', { initial: key }).pipe(map((value) => String(value))), '^----------!').toBe(marbles);
      if (verb === 'maps') expectObservable(shared.watchMany('').pipe(map((values) => [...values].sort().map((pair) => pair.join(' ')).join(', '))), '^----------!').toBe(marbles, letters);
    }
  });
}

describe('the diagrams of the docs come true', () => {
  test('of watch', () => {
    const [first, second] = diagrams('shared-watch');
    expect([first?.length, second?.length]).toEqual([3, 4]);
    for (const rows of [first ?? [], second ?? []]) run(rows, { 1: '1', 2: '2', 3: '3', u: 'undefined' });
  });

  test('of watchMany', () => {
    const [rows] = diagrams('shared-watch-many');
    expect(rows?.length).toBe(4);
    run(rows ?? [], { m: 'b 2', n: 'a 1, b 2', o: 'a 1', p: 'a 3' });
  });

  test('and one that does not is refused', () => {
    expect(() => { run([['before', '1'], ['set', '---2'], ['values', '1---2']], {}); }).toThrow();
  });
});
