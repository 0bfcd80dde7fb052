import type { Quake, Flaw, Reading } from './quake.js';
import { sample, type Random } from './random.js';

/** A reading and when it is to arrive. */
export interface Arrival {
  readonly time: number;
  readonly reading: Reading;
}

/** The week as it arrives: some records have suffered on the way. */
export interface DamagedFeed {
  readonly arrivals: readonly Arrival[];
  /** The damaged ones by id, and what is wrong with them. */
  readonly flaws: ReadonlyMap<string, Flaw>;
}

const kinds: readonly { readonly flaw: Flaw; readonly spoil: (quake: Quake) => Partial<Reading> }[] = [
  { flaw: 'BadMagnitude', spoil: () => ({ magnitude: null }) },
  { flaw: 'BadCoordinates', spoil: ({ latitude }) => ({ latitude: latitude + 360 }) },
  { flaw: 'BadTime', spoil: ({ time }) => ({ time: new Date(time).toISOString() }) },
];

/** Damages `count` earthquakes, each in one way, the ways in turn. */
export function damage(week: readonly Quake[], count: number, random: Random): DamagedFeed {
  const chosen = sample(week.filter(({ type }) => type === 'earthquake'), count, random);
  const spoilt = new Map(chosen.map((quake, i) => {
    const { flaw, spoil } = kinds[i % kinds.length] ?? { flaw: 'BadRecord', spoil: () => ({ depthKm: null }) };
    return [quake.id, { flaw, reading: { ...quake, ...spoil(quake) } }];
  }));
  return {
    arrivals: week.map((quake) => ({ time: quake.time, reading: spoilt.get(quake.id)?.reading ?? quake })),
    flaws: new Map([...spoilt].map(([id, { flaw }]) => [id, flaw])),
  };
}
