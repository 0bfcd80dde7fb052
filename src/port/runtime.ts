/**
 * Everything in Chronow that is not decided by its input: time, order of turns, identity and chance. The core takes
 * them from here and nowhere else, so that one and the same code runs in real and in virtual time.
 */
export interface Runtime {
  /** Virtual time cannot wait for promises: where this is true, meeting one is an error instead of a hang. */
  readonly virtual: boolean;
  /** Milliseconds since the epoch, whole. */
  now(): number;
  /** Runs `work` once, at `time` (ms since the epoch) or as soon after it as can be; the returned function takes it back. */
  at(time: number, work: () => void): CancelTimer;
  /** Runs `work` in the same instant, as soon as the present call stack is empty. */
  soon(work: () => void): void;
  /** Runs `work` in the same instant, after waiting input and output and timers had their turn. */
  turn(work: () => void): void;
  /** Keeps the process alive until the returned function is called: a consumer that waits for messages is work, a timer alone is not. */
  stayAlive(): CancelTimer;
  /** A number in [0, 1). */
  random(): number;
  /** An identity that no other process has. Virtual runtimes give the same sequence in every run. */
  newId(): string;
}

/** Takes back a timer; calling it again, or after the timer ran, does nothing. */
export type CancelTimer = () => void;
