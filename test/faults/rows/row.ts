import type { Chance } from '../../simulation/random.js';
import type { ServerKind } from '../backend/backend.js';
import type { Plan } from '../stage/plan.js';
import type { Act } from '../stage/stage.js';

/** One row of the fault matrix. */
export interface Row {
  /** `N3`. */
  readonly id: string;
  readonly fault: string;
  /** What holds all the same. */
  readonly promise: string;
  readonly servers: ServerKind;
  /** How many seeds `npm test` runs. */
  readonly seeds: number;
  /** Everything that happens, by the seed. */
  readonly plan: (chance: Chance, seed: number) => Plan;
  readonly acts?: Readonly<Record<string, Act>> | undefined;
}
