import { existsSync, readFileSync, readdirSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { Diagram, marksOf } from './support/diagram.js';

const folder = new URL('../../operators/', import.meta.url);
const operators = readdirSync(folder).filter((name) => name.endsWith('.ts')).map((name) => name.slice(0, -3)).filter((name) => name !== 'index' && name !== 'types');

describe.each(operators)('%s', (operator) => {
  test('has one diagram, and its test runs every row of it', () => {
    expect(new Diagram(operator).rows.length).toBeGreaterThanOrEqual(2);
    expect(readFileSync(new URL(`${operator}.ts`, folder), 'utf8').split('```text').length - 1).toBe(1);
    const own = new URL(`./${operator}.test.ts`, import.meta.url);
    expect(existsSync(own), `test/operators/${operator}.test.ts is missing`).toBe(true);
    const text = readFileSync(own, 'utf8');
    expect(text).toContain(`new Diagram('${operator}')`);
    expect(text).toContain('diagram.expectAllRun()');
  });
});

test('a diagram is read by columns: what begins later begins later', () => {
  expect(marksOf({ label: '', marbles: '--(ab|)', offset: 3, note: '' })).toEqual([{ frame: 5, mark: 'a' }, { frame: 5, mark: 'b' }, { frame: 5, mark: '|' }]);
});

test('an operator without a diagram, and a row that nobody ran, are noticed', () => {
  expect(() => new Diagram('index')).toThrow(/has no marble diagram/);
  const diagram = new Diagram('hold');
  expect(() => diagram.row('nothing')).toThrow(/no row "nothing"/);
  expect(() => { diagram.expectAllRun(); }).toThrow();
});
