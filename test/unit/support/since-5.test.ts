import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { known, since5 } from '../../support/mongo/since-5.js';

const adapter = fileURLToPath(new URL('../../../src/adapters/mongo/', import.meta.url));

/** Operators in the text of the adapter: names of members, and what is computed as one. Names of fields are `'$name'` too, so that of those only known ones count. */
function operators(text: string): readonly string[] {
  const code = text.replaceAll(/\/\*[\s\S]*?\*\/|^\s*\/\/.*$/gm, '');
  const members = [...code.matchAll(/[{,]\s*(\$[a-z]\w*)\s*:/g)].map(([, name = '']) => name);
  return [...members, ...[...code.matchAll(/\$\$[A-Z_]+/g)].map(([name]) => name)];
}

const sources = readdirSync(adapter, { recursive: true, encoding: 'utf8' }).filter((file) => file.endsWith('.ts')).map((file) => readFileSync(adapter + file, 'utf8'));

describe('what the adapter asks of MongoDB', () => {
  it('is known to 4.4, all of it', () => {
    const used = new Set(sources.flatMap(operators));
    expect(used.size).toBeGreaterThan(50);
    expect([...used].filter((name) => !(name in known))).toEqual([]);
  });

  it('is listed with a version of 4.4 or before, and nothing else is', () => {
    const used = new Set(sources.flatMap(operators));
    expect(Object.entries(known).filter(([, version]) => Number(version) > 4.4)).toEqual([]);
    const text = sources.join('\n');
    expect(Object.keys(known).filter((name) => !used.has(name) && !text.includes(name))).toEqual([]);
  });
});

describe('a command that 4.4 does not know', () => {
  it.each([
    [{ aggregate: 'c', pipeline: [{ $lookup: { from: 'd', localField: 'a', foreignField: 'b', pipeline: [], as: 'e' } }] }, '$lookup with localField and pipeline (5.0)'],
    [{ aggregate: 'c', pipeline: [{ $setWindowFields: { output: {} } }] }, '$setWindowFields'],
    [{ q: {}, u: [{ $set: { a: { $ifNull: ['$a', '$b', 1] } } }] }, '$ifNull of more than two (5.0)'],
    [{ find: 'c', filter: {}, let: { a: 1 } }, 'let (5.0)'],
    [{ q: {}, u: { $set: { a: 1 } }, sort: { b: 1 } }, 'sort of an update (8.0)'],
    [{ createIndexes: 'c', indexes: [{ partialFilterExpression: { a: { $in: [1] } } }] }, 'partial index by other than equality, $exists, $gt, $lt, $type or $and (6.0)'],
    [{ find: 'c', filter: { $expr: { $eq: ['$a', '$$USER_ROLES'] } } }, '$$USER_ROLES'],
  ])('is noticed: %j', (command, what) => {
    expect(since5(command)).toEqual([what]);
  });

  it('is not what users say', () => {
    expect(since5({ q: {}, u: [{ $set: { a: { $literal: { $dateTrunc: 1 } } } }], $db: 'd' })).toEqual([]);
  });
});
