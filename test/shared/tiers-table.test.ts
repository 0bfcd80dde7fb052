import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import type { Broker } from '../../src/port/broker.js';
import { over } from '../conformance/support/over.js';
import { Tiers, codeOf, textOf, type Plant } from './support/tiers.js';

interface Row {
  readonly steps: readonly string[];
  readonly cells: readonly string[];
}

/** The rows of the one table of docs/shared.md that begins with steps. */
function rows(): readonly Row[] {
  const text = readFileSync(new URL('../../docs/shared.md', import.meta.url), 'utf8');
  const [, table = ''] = /\| steps \|.*\n\|[- |]+\n((?:\|.*\n)+)/.exec(text) ?? [];
  return table.trim().split('\n').map((line) => {
    const [steps = '', ...cells] = line.split('|').slice(1, -1).map((cell) => cell.trim());
    return { steps: steps.replaceAll('`', '').split('; '), cells: cells.slice(0, 6) };
  });
}

describe('what becomes of a key, row by row of docs/shared.md', () => {
  test('the table is there', () => {
    expect(rows().length).toBeGreaterThan(30);
  });

  test.each(rows().map((row) => [row.steps.join('; '), row] as const))('%s', (_name, { steps, cells }) => {
    expect(outcome(steps)).toEqual(cells);
  });
});

describe('the table has teeth: it refuses', () => {
  const plants: Readonly<Record<string, Plant>> = {
    'a re-warm over whatever was written meanwhile': (broker) => keys(broker, { set: (write) => broker.keys.set({ ...write, expectedRevision: undefined }) }),
    'a deletion that is not remembered': (broker) => keys(broker, { del: (request) => broker.keys.del(request.mark === 'tombstone' ? { ...request, mark: 'none' } : request) }),
    'a tombstone that is never lifted': (broker) => keys(broker, { del: (request) => broker.keys.del(request.expectedRevision === undefined ? request : { ...request, mark: 'tombstone' }) }),
    'a key that is not closed': (broker) => keys(broker, { del: (request) => broker.keys.del(request.mark === 'closed' ? { ...request, mark: 'tombstone' } : request) }),
  };

  test.each(Object.entries(plants))('%s', (_name, plant) => {
    expect(rows().filter(({ steps, cells }) => outcome(steps, plant).join() !== cells.join())).not.toEqual([]);
  });
});

/** What stands in the cells of a row. */
function outcome(steps: readonly string[], plant?: Plant): readonly string[] {
  const tiers = new Tiers({}, plant, steps.includes('1 minute'));
  for (const step of steps) tiers.run(step);
  const { exists, hot, warm } = tiers;
  const shown = tiers.shown.map(textOf).join(' ');
  const answer = tiers.answer !== undefined && /^get/.test(steps.at(-1) ?? '') ? tiers.answer : tiers.get();
  return [answer, exists ? 'yes' : 'no', hot, warm, shown, laterSet(tiers)];
}

function keys(broker: Broker, planted: Partial<Broker['keys']>): Broker {
  return over(broker, { keys: over(broker.keys, planted) });
}

function laterSet(tiers: Tiers): string {
  let code: string | undefined;
  tiers.cw.shared.set$('k', 'c').subscribe({ error: (error: unknown) => { code = codeOf(error); } });
  return code ?? tiers.get();
}
