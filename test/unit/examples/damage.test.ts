import { describe, expect, it } from 'vitest';
import { damage } from '../../../examples/earthquakes/damage.js';
import { readWeek } from '../../../examples/earthquakes/feed.js';
import { validate } from '../../../examples/earthquakes/quake.js';
import { seeded } from '../../../examples/earthquakes/random.js';

const week = readWeek();
const seeds = [0, 1, 2, 42, 2 ** 32 - 1];

describe('the damage', () => {
  it.each(seeds)('hits exactly 12 earthquakes and nothing else, with seed %i', (seed) => {
    const { arrivals, flaws } = damage(week, 12, seeded(seed));
    const changed = arrivals.filter(({ reading }, i) => JSON.stringify(reading) !== JSON.stringify(week[i])).map(({ reading }) => reading);
    expect(changed).toHaveLength(12);
    expect(new Set(changed.map(({ id }) => id))).toEqual(new Set(flaws.keys()));
    expect(new Set(changed.map(({ type }) => type))).toEqual(new Set(['earthquake']));
  });

  it.each(seeds)('is found by the validation under the name it was given, with seed %i', (seed) => {
    const { arrivals, flaws } = damage(week, 12, seeded(seed));
    const found = arrivals.flatMap(({ reading }) => {
      const validated = validate(reading);
      return 'flaw' in validated ? [[reading.id, validated.flaw] as const] : [];
    });
    expect(new Map(found)).toEqual(flaws);
  });

  it('does each of its three kinds four times', () => {
    const kinds = [...damage(week, 12, seeded(1)).flaws.values()];
    expect(kinds.sort()).toEqual([...Array<string>(4).fill('BadCoordinates'), ...Array<string>(4).fill('BadMagnitude'), ...Array<string>(4).fill('BadTime')]);
  });

  it('is the same for the same seed and another for another', () => {
    const ids = (seed: number): string[] => [...damage(week, 12, seeded(seed)).flaws.keys()];
    expect(ids(7)).toEqual(ids(7));
    expect(ids(7)).not.toEqual(ids(8));
    expect(ids(1)).toMatchInlineSnapshot(`
      [
        "us1000cfm4",
        "us2000crl8",
        "nc72963816",
        "ak18379598",
        "us1000chj0",
        "nc72962946",
        "nn00620662",
        "ak18337816",
        "nc72963476",
        "ak18384018",
        "nn00620530",
        "ci38098568",
      ]
    `);
  });

  it('leaves place and time of arrival alone, so that order and region stay', () => {
    const { arrivals } = damage(week, 12, seeded(1));
    expect(arrivals.map(({ time, reading }) => [time, reading.place])).toEqual(week.map(({ time, place }) => [time, place]));
  });
});
