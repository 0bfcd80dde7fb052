import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { marbles, MarblesFailed } from 'chronow/marbles';
import { ackOnComplete } from 'chronow/operators';
import { describe, expect, it } from 'vitest';
import { blocksOf, root } from './support/examples.js';

const page = readFileSync(`${root}docs/testing.md`, 'utf8');
const blocks = blocksOf('docs/testing.md', page);
mkdirSync(`${root}.cache/docs`, { recursive: true });

// The blocks are tests: importing them is what runs them.
for (const [index, { where, code }] of blocks.entries()) {
  const file = `${root}.cache/docs/testing-${String(index + 1)}.ts`;
  writeFileSync(file, code);
  const tests = async (): Promise<void> => { await import(file); };
  describe(where, tests);
}

describe('docs/testing.md', () => {
  it('has its blocks run here', () => {
    expect(blocks.length).toBeGreaterThanOrEqual(5);
  });

  it('shows a failure as it is printed', () => {
    const report = /^```text\n([\s\S]*?)\n```/m.exec(page)?.[1] ?? '';
    const test = marbles(({ cw, publish, work, run, expectSettled }) => {
      publish('orders', 'ac-b');
      run(cw.topic('orders').subscription('billing', { retryBackoffMs: [1] }).pipe(ackOnComplete(work({ a: '-----|', b: ['----#', '-|'], c: '---|' }))));
      expectSettled('orders/billing', { a: '-----a', b: '--------a' });
    });
    try {
      test();
      expect.unreachable();
    } catch (error) {
      expect(error).toBeInstanceOf(MarblesFailed);
      expect(error instanceof MarblesFailed ? error.message : '').toBe(report);
    }
  });
});
