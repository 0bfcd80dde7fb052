import { regionOf, type Quake } from './quake.js';

/** What is kept of a quake. */
export interface Mark {
  readonly id: string;
  readonly time: number;
  readonly magnitude: number;
  readonly place: string;
}

/** What is known of a region. */
export interface RegionState {
  readonly count: number;
  readonly strongest: Mark;
  readonly last: Mark;
}

/** The state with one quake more; the same whatever order the quakes come in. */
export function withQuake(state: RegionState | null, { id, time, magnitude, place }: Quake): RegionState {
  const mark: Mark = { id, time, magnitude, place };
  if (state === null) return { count: 1, strongest: mark, last: mark };
  return {
    count: state.count + 1,
    strongest: isStronger(mark, state.strongest) ? mark : state.strongest,
    last: isLater(mark, state.last) ? mark : state.last,
  };
}

/** All regions of some quakes, computed plainly. */
export function regionsOf(quakes: readonly Quake[]): ReadonlyMap<string, RegionState> {
  const regions = new Map<string, RegionState>();
  for (const quake of quakes) {
    const region = regionOf(quake.place);
    regions.set(region, withQuake(regions.get(region) ?? null, quake));
  }
  return regions;
}

function isStronger(a: Mark, b: Mark): boolean {
  return a.magnitude > b.magnitude || (a.magnitude === b.magnitude && isLater(a, b));
}

function isLater(a: Mark, b: Mark): boolean {
  return a.time > b.time || (a.time === b.time && a.id > b.id);
}
