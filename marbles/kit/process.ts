import { ReplaySubject, type Observable } from 'rxjs';
import { Chronow, type CloseOptions } from '../../src/chronow.js';
import type { ChronowConfig } from '../../src/config/config.js';
import { ChronowError } from '../../src/errors.js';
import type { Broker } from '../../src/port/broker.js';
import type { Runtime } from '../../src/port/runtime.js';
import type { Journal } from './journal.js';
import { Line, losableCalls, type LosableCall } from './line.js';
import { parse, parsePeriod, parsePoint } from './parse.js';
import { RunRecord } from './runs.js';
import { ProcessClock, type Stage } from './stage.js';
import { shownValue } from './values.js';
import { WindowWatch } from './window-watch.js';

/** What all processes of a test share. */
export interface Scene {
  readonly stage: Stage;
  readonly journal: Journal;
  readonly runtime: Runtime;
  readonly broker: Broker;
  readonly config: ChronowConfig;
  /** Does something that makes promises of its own. */
  readonly unwatched: (work: () => void) => void;
  readonly runs: RunRecord[];
  /** Faults that are still to strike. */
  readonly pending: Set<string>;
}

/** One process: a client with its own line to the broker and its own clock, and the flows that run in it. */
export class MarbleProcess {
  readonly cw: Chronow;
  readonly #name: string;
  readonly #scene: Scene;
  readonly #clock: ProcessClock;
  readonly #line: Line;
  readonly #runs: RunRecord[] = [];

  constructor(name: string, scene: Scene) {
    this.#name = name;
    this.#scene = scene;
    this.#clock = new ProcessClock(scene.runtime);
    this.#line = new Line(
      () => this.#clock.aheadMs,
      (link, ref) => new WindowWatch(link, () => this.#clock.runtime.now(), (text) => { scene.journal.mishap(`a consumer of ${scene.journal.subscription(ref).label} ${text}`); }),
    );
    this.cw = Chronow.over({ broker: this.#line.through(scene.broker), runtime: this.#clock.runtime, config: scene.config });
    scene.journal.listen(this.cw.events$);
  }

  run(flow$: Observable<unknown>, marbles: string): RunRecord {
    const period = parsePeriod(marbles, 'run()');
    const { runs, stage } = this.#scene;
    const run = new RunRecord(runs.length === 0 ? 'the flow' : `flow ${String(runs.length + 1)}`, flow$, period, stage);
    runs.push(run);
    this.#runs.push(run);
    return run;
  }

  disconnect(marbles: string): void {
    const { from, to } = parsePeriod(marbles, 'disconnect()');
    this.#fault(from, 'line down', () => { this.#line.down(); });
    if (to !== Infinity) this.#fault(to, 'line up', () => { this.#line.up(); });
  }

  loseReply(call: LosableCall, marbles: string): void {
    if (!losableCalls.includes(call)) throw new ChronowError('OPTION_INVALID', `loseReply() knows the calls ${losableCalls.join(', ')}; got ${shownValue(call)}`);
    const { stage, pending } = this.#scene;
    for (const { frame } of parse(marbles, `loseReply('${call}')`, (letter) => letter === '!', "'!' loses one reply").marks) {
      const fault = `loseReply('${call}', '${marbles}') lost no reply: there was no such call at or after frame ${String(frame)}`;
      pending.add(fault);
      stage.at(frame, () => {
        this.#line.loseReply(call, () => {
          pending.delete(fault);
          this.#scene.journal.fault(`reply to ${call} lost`);
        });
      });
    }
  }

  crash(marbles: string): void {
    this.#fault(parsePoint(marbles, 'crash()'), 'crash', () => {
      this.#line.die();
      for (const run of this.#runs) run.stop();
    });
  }

  jumpClock(marbles: string, ms: number): void {
    if (!Number.isInteger(ms)) throw new ChronowError('OPTION_INVALID', `jumpClock() jumps by whole milliseconds, forward or back; got ${String(ms)}`);
    this.#fault(parsePoint(marbles, 'jumpClock()'), `clock jumps ${String(ms)} ms`, () => { this.#clock.aheadMs += ms; });
  }

  close(marbles: string, options: CloseOptions): void {
    this.#fault(parsePoint(marbles, 'close()'), 'close', () => {
      this.#scene.unwatched(() => {
        this.cw.close(options).catch((error: unknown) => { this.#scene.journal.mishap(`close() failed: ${String(error)}`); });
      });
    });
  }

  #fault(frame: number, text: string, strike: () => void): void {
    this.#scene.stage.at(frame, () => {
      this.#scene.journal.fault(`${this.#name}${text}`);
      strike();
    });
  }
}

/** Fires once, at its `!`; also for those who ask later. */
export function signalAt(marbles: string, where: string, stage: Stage): Observable<'!'> {
  const signal$ = new ReplaySubject<'!'>(1);
  stage.at(parsePoint(marbles, where), () => { signal$.next('!'); });
  return signal$.asObservable();
}

/** Takes leases away: each letter is the message whose lease ends. */
export function steal(place: string, marbles: string, { stage, journal }: Scene): void {
  for (const { frame, letter } of parse(marbles, `steal('${place}')`, (one) => !'|#^!'.includes(one), 'names of messages').marks) {
    stage.at(frame, () => {
      const record = [...journal.subscriptions.values()].find(({ label }) => label === place);
      const holding = [...(record?.held.values() ?? [])].find(({ id }) => record?.topic.names.of(id) === letter);
      if (holding === undefined) journal.mishap(`steal('${place}'): ${letter} is not leased at frame ${String(frame)}: nothing can be stolen`);
      else holding.steal();
    });
  }
}
