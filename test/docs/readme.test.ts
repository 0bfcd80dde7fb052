import { mkdirSync, writeFileSync } from 'node:fs';
import { afterEach, expect, it, vi } from 'vitest';
import { documentExamples, root } from './support/examples.js';

afterEach(() => { vi.restoreAllMocks(); });

it('the first program of the README runs, and says what became of its message', async () => {
  const [first] = documentExamples();
  expect(first?.where).toBe('README.md #1');
  mkdirSync(`${root}.cache/docs`, { recursive: true });
  const file = `${root}.cache/docs/readme.ts`;
  writeFileSync(file, first?.code ?? '');
  const log = vi.spyOn(console, 'log').mockReturnValue(undefined);
  await import(file);
  expect(log.mock.calls).toEqual([['acked', '123']]);
});
