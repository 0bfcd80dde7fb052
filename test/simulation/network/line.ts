import { Observable } from 'rxjs';
import { ChronowError } from '../../../src/errors.js';
import type { ProcessClock } from '../clock/process-clock.js';
import type { World } from '../clock/world.js';
import type { History } from '../history/history.js';
import type { ClientPlan } from '../plan/plan.js';
import { Chance } from '../random.js';
import type { Sky, Weather } from './weather.js';

/**
 * What becomes of a call. `lost-request`: it never arrives. `lost-reply`: it is carried out, the answer never arrives. `late`: the
 * process has given it up when it is carried out. `twice`: it is carried out again before its answer arrives.
 */
export type Fate = 'arrives' | 'lost-request' | 'lost-reply' | 'late' | 'twice';

/** Something that is under way on a line. */
export interface Journey {
  /** The line was cut. */
  cut(): void;
  /** The process is gone; the broker notices after a while. */
  gone(halfOpenMs: number): void;
}

/** Everything a process says to the broker, and hears from it, goes over its line. */
export class Line {
  readonly world: World;
  readonly process: ProcessClock;
  readonly journeys: Set<Journey> = new Set();
  /** The lease under which a message last came over this line, by subscription and id. */
  readonly leases: Map<string, string> = new Map();
  readonly #plan: ClientPlan;
  readonly #weather: Weather;
  readonly #history: History;
  readonly #chance: Chance;

  constructor(world: World, process: ProcessClock, plan: ClientPlan, weather: Weather, history: History, seed: number) {
    this.world = world;
    this.process = process;
    this.#plan = plan;
    this.#weather = weather;
    this.#history = history;
    this.#chance = new Chance(seed);
  }

  get sky(): Sky {
    return this.#weather.of(this.#plan.name, this.world.time);
  }

  /** One way, ms. */
  delay(): number {
    const { latencyMs } = this.#plan;
    if (this.sky.slow) return this.#chance.whole(latencyMs, latencyMs + 400);
    return latencyMs === 0 ? 0 : this.#chance.whole(1, latencyMs);
  }

  /** How long a process waits for an answer that does not come, ms. */
  patience(): number {
    return this.#chance.whole(20, 300);
  }

  whole(low: number, high: number): number {
    return this.#chance.whole(low, high);
  }

  fate(op: string): Fate {
    const fate: Fate = this.sky.lossy && this.#chance.happens(0.35) ? this.#chance.pick('lost-request', 'lost-reply', 'lost-reply', 'late', 'twice') : 'arrives';
    if (fate !== 'arrives') this.#history.add({ kind: 'call-fault', client: this.process.name, op, fate });
    return fate;
  }

  /** Sends a call: what was sent is carried out whoever unsubscribes, unless it is lost. `lost` is told an answer that reaches nobody. */
  send<T>(op: string, call: Observable<T>, lost: (value: T) => void = () => undefined): Observable<T> {
    return new Observable<T>((out) => {
      const { world, process } = this;
      if (process.isGone) return;
      let open = true;
      const close = (end: () => void): void => {
        if (!open) return;
        open = false;
        this.journeys.delete(journey);
        end();
      };
      const giveUp = (ms: number): void => {
        process.after(ms, () => { close(() => { out.error(linkLost(op)); }); });
      };
      const serve = (answers: boolean): void => {
        call.subscribe({
          next: (value) => {
            if (!answers) lost(value);
            else this.#answer(() => { close(() => { out.next(value); out.complete(); }); }, () => { if (!open) lost(value); });
          },
          error: (error: unknown) => { if (answers) this.#answer(() => { close(() => { out.error(error); }); }); },
        });
      };
      let cancelled = false;
      const arriveIn = (ms: number, answers: boolean): void => { world.after(ms, () => { if (!cancelled) serve(answers && open); }); };
      const journey: Journey = {
        cut: () => {
          // What is on its way is lost, or held up until later.
          if (this.#chance.happens(0.5)) cancelled = true;
          open = open && !process.isGone;
          if (open) giveUp(this.whole(0, 300));
        },
        gone: () => { open = false; },
      };
      if (this.sky.cut) {
        giveUp(this.whole(1, 30));
        return;
      }
      this.journeys.add(journey);
      const fate = this.fate(op);
      const there = this.delay();
      if (fate === 'arrives' || fate === 'twice') arriveIn(there, true);
      if (fate === 'twice') arriveIn(there + this.whole(0, 2), false);
      if (fate === 'lost-reply') arriveIn(there, false);
      if (fate === 'late') arriveIn(there + 300 + this.whole(0, 600), false);
      if (fate !== 'arrives' && fate !== 'twice') giveUp(this.patience());
    });
  }

  /** The line is cut, or the process is gone. */
  cut(): void {
    for (const journey of [...this.journeys]) journey.cut();
  }

  gone(halfOpenMs: number): void {
    for (const journey of [...this.journeys]) journey.gone(halfOpenMs);
  }

  #answer(arrived: () => void, after: () => void = () => undefined): void {
    this.world.after(this.delay(), () => {
      after();
      // An answer that meets a cut line is lost; whoever waits for it has been told by the cut.
      if (!this.sky.cut) this.process.arrive(arrived);
    });
  }
}

export function linkLost(op: string): ChronowError {
  return new ChronowError('LINK_LOST', `${op}: no answer; whether it was carried out is unknown`, { retryable: true });
}
