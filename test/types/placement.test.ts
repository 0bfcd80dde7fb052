import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { misspelt } from './misuses/arguments.js';
import { misplaced } from './misuses/placement.js';
import { unseen } from './misuses/unseen.js';
import { miswritten } from './misuses/work.js';
import { row, section, unseenRow } from './support/page.js';

const page = readFileSync(new URL('../../docs/placement.md', import.meta.url), 'utf8');
const under = (heading: string): string => page.split(/^## /m).find((part) => part.startsWith(`${heading}\n`)) ?? '';
const tableUnder = (heading: string): readonly string[] => under(heading).split('\n').filter((line) => line.startsWith('| ')).slice(2);

describe('docs/placement.md', () => {
  it('shows every mistake of place with the message that the compiler gives, and no other', () => {
    const shown = under('What the compiler says').split(/^(?=### )/m).slice(1).map((part) => part.trim());
    expect(shown).toEqual([...misplaced, ...miswritten].map(section));
  });

  it('shows every wrong argument with the message that the compiler gives, and no other', () => {
    expect(tableUnder('Options and payloads')).toEqual(misspelt.map(row));
  });

  it('shows what the compiler cannot see, and nothing that it can', () => {
    expect(tableUnder('What it cannot see')).toEqual(unseen.map(unseenRow));
  });
});
