import type { SchedulerAction, Subscription } from 'rxjs';
import type { TestScheduler } from 'rxjs/testing';
import type { CancelTimer, Runtime } from '../../src/port/runtime.js';

/** More steps in one frame than this is a loop that time does not end. */
const maxStepsInAFrame = 50_000;

/** Thrown where virtual time cannot go on. */
export class Endless extends Error {
  override readonly name: string = 'Endless';
}

/**
 * Virtual time with a bound. The horizon ends what goes on for ever; the count of steps ends what goes on for ever inside one
 * frame, or so densely that the horizon is never reached.
 */
export class Stage {
  readonly scheduler: TestScheduler;
  /** The last frame that the test speaks of. */
  said = 0;
  /** Set when a bound was met. */
  endless: Endless | undefined = undefined;
  readonly #maxSteps: number;
  readonly #ofBroker = new WeakSet<object>();
  #steps = 0;
  #frame = 0;
  #inFrame = 0;
  #over = false;

  constructor(scheduler: TestScheduler, maxSteps: number) {
    this.scheduler = scheduler;
    this.#maxSteps = maxSteps;
    const schedule = scheduler.schedule.bind(scheduler);
    // Every timer of RxJS and of ours is set through this method; there is no other place to count them.
    scheduler.schedule = <T>(work: (this: SchedulerAction<T>, state?: T) => void, delay?: number, state?: T): Subscription => {
      this.#count();
      return schedule(work, delay, state);
    };
  }

  get now(): number {
    return this.scheduler.now();
  }

  /** The test speaks of everything up to this frame. */
  says(frame: number): void {
    if (frame !== Infinity) this.said = Math.max(this.said, frame);
  }

  /** Does something at a frame; what is declared first happens first. */
  at(frame: number, work: () => void): void {
    this.says(frame);
    this.scheduler.schedule(work, frame - this.now);
  }

  /** Lets time run up to a frame; answers what was thrown and caught by nobody. */
  runTo(frame: number): unknown {
    this.scheduler.maxFrames = frame;
    try {
      this.scheduler.flush();
      return undefined;
    } catch (error) {
      return error;
    }
  }

  /** The runtime of the broker: what it waits for is no motion, the states of its messages say it. */
  brokerRuntime(base: Runtime): Runtime {
    return {
      ...base,
      at: (time, work): CancelTimer => {
        const timer = this.scheduler.schedule(work, Math.max(0, time - this.now));
        this.#ofBroker.add(timer);
        return () => { timer.unsubscribe(); };
      },
    };
  }

  /** When something is still to happen behind the horizon, or undefined. */
  get nextStep(): number | undefined {
    // Cancelled timers stay in the list.
    return this.scheduler.actions.find((action) => !action.closed && !this.#ofBroker.has(action))?.delay;
  }

  /** Time is over: what ends now is not counted, and nothing runs any more. */
  end(): void {
    this.#over = true;
    this.scheduler.maxFrames = -1;
  }

  #count(): void {
    if (this.#over) return;
    const { now } = this;
    if (now !== this.#frame) {
      this.#frame = now;
      this.#inFrame = 0;
    }
    this.#inFrame += 1;
    this.#steps += 1;
    if (this.#inFrame > maxStepsInAFrame) throw this.#stop(`more than ${String(maxStepsInAFrame)} steps in frame ${String(now)}: a loop in which no time passes`);
    if (this.#steps > this.#maxSteps) throw this.#stop(`more than ${String(this.#maxSteps)} steps up to frame ${String(now)}: something goes on without end; raise maxSteps if it has to`);
  }

  #stop(text: string): Endless {
    this.endless ??= new Endless(text);
    return this.endless;
  }
}

/** The runtime of one process: its clock can be ahead of, or behind, that of the others. */
export class ProcessClock {
  readonly runtime: Runtime;
  aheadMs = 0;

  constructor(base: Runtime) {
    this.runtime = {
      virtual: base.virtual,
      now: () => base.now() + this.aheadMs,
      // A timer that was set runs as long as it was to run: a jump of the clock does not move it.
      at: (time, work): CancelTimer => base.at(time - this.aheadMs, work),
      soon: (work) => { base.soon(work); },
      turn: (work) => { base.turn(work); },
      stayAlive: () => base.stayAlive(),
      random: () => base.random(),
      newId: () => base.newId(),
    };
  }
}
