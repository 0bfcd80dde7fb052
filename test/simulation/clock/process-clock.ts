import type { CancelTimer, Runtime } from '../../../src/port/runtime.js';
import { Chance } from '../random.js';
import type { World } from './world.js';

/** Where every clock stands at the beginning, before its own error, ms since the epoch. */
export const epoch = 1_700_000_000_000;

export type ProcessState = 'running' | 'frozen' | 'gone';

/**
 * One process: its own clock, which may be wrong and may jump, and the doors through which anything of it ever runs. Frozen,
 * it stands still and does afterwards what came due, timers first, as Node does. Gone, nothing of it runs any more.
 */
export class ProcessClock implements Runtime {
  readonly virtual: boolean = true;
  readonly name: string;
  readonly #world: World;
  readonly #chance: Chance;
  #offset: number;
  #state: ProcessState = 'running';
  #ids = 0;
  #dueTimers: (() => void)[] = [];
  #arrived: (() => void)[] = [];

  constructor(world: World, name: string, seed: number, skewMs: number) {
    this.#world = world;
    this.name = name;
    this.#chance = new Chance(seed);
    this.#offset = epoch + skewMs;
  }

  get state(): ProcessState {
    return this.#state;
  }

  get isGone(): boolean {
    return this.#state === 'gone';
  }

  // -- what the core sees --------------------------------------------------------------------------------------------

  now(): number {
    return Math.floor(this.#world.time + this.#offset);
  }

  /** As a real runtime does: the waiting is monotonic, and work never runs before its time by the wall clock. */
  at(time: number, work: () => void): CancelTimer {
    let cancel: CancelTimer = () => undefined;
    let cancelled = false;
    const tick = (): void => {
      if (cancelled) return;
      if (this.now() < time) arm();
      else work();
    };
    const arm = (): void => {
      cancel = this.after(Math.max(0, time - this.now()), tick);
    };
    arm();
    return () => {
      cancelled = true;
      cancel();
    };
  }

  soon(work: () => void): void {
    if (this.#state === 'running') this.#world.soon(() => { if (this.#state !== 'gone') work(); });
  }

  turn(work: () => void): void {
    if (this.#state === 'running') this.#world.turn(() => { if (this.#state !== 'gone') work(); });
  }

  stayAlive(): CancelTimer {
    return () => undefined;
  }

  random(): number {
    return this.#chance.next();
  }

  newId(): string {
    this.#ids += 1;
    return `${this.name}-${String(this.#ids)}`;
  }

  // -- what befalls it -----------------------------------------------------------------------------------------------

  /** Monotonic waiting, for work that takes its time whatever the wall clock says. */
  after(ms: number, work: () => void): CancelTimer {
    let cancelled = false;
    const cancel = this.#world.after(ms, () => {
      if (cancelled || this.#state === 'gone') return;
      if (this.#state === 'frozen') this.#dueTimers.push(() => { if (!cancelled) work(); });
      else work();
    });
    return () => {
      cancelled = true;
      cancel();
    };
  }

  /** Something reaches the process from outside. */
  arrive(work: () => void): void {
    if (this.#state === 'running') work();
    else if (this.#state === 'frozen') this.#arrived.push(work);
  }

  jump(ms: number): void {
    this.#offset += ms;
  }

  freeze(): void {
    if (this.#state === 'running') this.#state = 'frozen';
  }

  thaw(): void {
    if (this.#state !== 'frozen') return;
    this.#state = 'running';
    const backlog = [...this.#dueTimers, ...this.#arrived];
    this.#dueTimers = [];
    this.#arrived = [];
    // Each in a step of its own: what one of them puts off to `soon` runs before the next.
    for (const work of backlog) this.#world.at(this.#world.time, () => { this.arrive(work); });
  }

  vanish(): void {
    this.#state = 'gone';
    this.#dueTimers = [];
    this.#arrived = [];
  }
}
