import { describe, expect, it } from 'vitest';
import { levelOf } from '../../../examples/earthquakes/alert-rules.js';
import { readWeek } from '../../../examples/earthquakes/feed.js';
import { regionOf, type Quake } from '../../../examples/earthquakes/quake.js';
import { chanceOf, sample, seeded } from '../../../examples/earthquakes/random.js';
import { regionsOf, withQuake, type RegionState } from '../../../examples/earthquakes/region-state.js';

const quake: Quake = { id: 'a', type: 'earthquake', place: '4km W of Castaic, CA', time: 1_000, magnitude: 4.2, longitude: -118, latitude: 34, depthKm: 10 };

describe('the alert rules', () => {
  it.each([
    { magnitude: 6, depthKm: 500, level: 'urgent' },
    { magnitude: 5, depthKm: 69.9, level: 'urgent' },
    { magnitude: 5, depthKm: 70, level: 'notice' },
    { magnitude: 4.5, depthKm: 500, level: 'notice' },
    { magnitude: 4, depthKm: 10, level: 'notice' },
    { magnitude: 4, depthKm: 70, level: undefined },
    { magnitude: 3.9, depthKm: 1, level: undefined },
  ])('give magnitude $magnitude at $depthKm km: $level', ({ magnitude, depthKm, level }) => {
    expect(levelOf({ ...quake, magnitude, depthKm })).toBe(level);
  });

  it('give no alert for an explosion, however strong', () => {
    expect(levelOf({ ...quake, type: 'explosion', magnitude: 7 })).toBeUndefined();
  });
});

describe('the region of a place', () => {
  it.each([
    ['4km W of Castaic, CA', 'California'],
    ['12km S of Parkfield, California', 'California'],
    ['50km NNW of Sangiang, Indonesia', 'Indonesia'],
    ['Reykjanes Ridge', 'Reykjanes Ridge'],
  ])('%s: %s', (place, region) => {
    expect(regionOf(place)).toBe(region);
  });
});

describe('the state of a region', () => {
  it('is the same in whatever order the quakes come', () => {
    const random = seeded(1);
    const week = readWeek().filter(({ place }) => regionOf(place) === 'Alaska');
    const shuffled = sample(week, week.length, random);
    const stateOf = (quakes: readonly Quake[]): RegionState | null => quakes.reduce<RegionState | null>(withQuake, null);
    expect(stateOf(shuffled)).toEqual(stateOf(week));
    expect(stateOf(week)?.count).toBe(week.length);
  });

  it('counts every quake of the file in exactly one region', () => {
    const week = readWeek();
    expect([...regionsOf(week).values()].reduce((sum, { count }) => sum + count, 0)).toBe(week.length);
  });
});

describe('the chances', () => {
  it('depend on seed and words alone', () => {
    expect(chanceOf(1, 'a', 1)).toBe(chanceOf(1, 'a', 1));
    expect(new Set([chanceOf(1, 'a', 1), chanceOf(1, 'a', 2), chanceOf(1, 'b', 1), chanceOf(2, 'a', 1)]).size).toBe(4);
  });

  it('are spread evenly', () => {
    const low = Array.from({ length: 1_000 }, (_, i) => chanceOf(3, `id-${String(i)}`, 1)).filter((chance) => chance < 0.3).length;
    expect(low).toBeGreaterThan(250);
    expect(low).toBeLessThan(350);
  });
});
