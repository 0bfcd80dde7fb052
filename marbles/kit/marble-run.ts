import type { RunHelpers, TestScheduler } from 'rxjs/testing';
import { memoryBroker } from '../../src/adapters/memory/index.js';
import { Chronow } from '../../src/chronow.js';
import type { ChronowConfig } from '../../src/config/config.js';
import { ChronowError } from '../../src/errors.js';
import type { Scope } from '../../src/port/names.js';
import type { TopicLimits } from '../../src/port/policy.js';
import type { Runtime } from '../../src/port/runtime.js';
import { Expectations } from './expectations.js';
import { guarded } from './guards/all.js';
import { Inputs } from './inputs.js';
import { Journal } from './journal.js';
import type { MarbleTest, TestProcess } from './marble-test.js';
import { MarbleProcess, signalAt, steal, type Scene } from './process.js';
import { PromiseWatch } from './promise-watch.js';
import { report } from './report.js';
import { workMaker } from './script.js';
import { Stage } from './stage.js';
import type { Equals } from './values.js';
import { witnessed } from './witness.js';

export interface MarbleSetup {
  readonly scheduler: TestScheduler;
  readonly runtime: Runtime;
  readonly config: ChronowConfig;
  readonly scope: Scope;
  readonly limits: TopicLimits;
  readonly maxSteps: number;
  readonly equals: Equals;
  readonly horizonMs: number | undefined;
  readonly cold: RunHelpers['cold'];
  readonly hot: RunHelpers['hot'];
}

export interface MarbleOutcome {
  readonly problems: readonly string[];
  readonly report: string;
  readonly cause: unknown;
}

/** How many leases a test goes on after the last frame that it speaks of. */
const leases = 10;

/** One test, once through: the scene is set, the body says what it wants, time runs, what happened is judged. */
export class MarbleRun {
  readonly #setup: MarbleSetup;
  readonly #stage: Stage;
  readonly #journal: Journal;
  readonly #scene: Scene;
  readonly #inputs: Inputs;
  readonly #expectations: Expectations;
  readonly #promises = new Map<string, number>();
  readonly #watch: PromiseWatch;
  #processes = 0;

  constructor(setup: MarbleSetup) {
    const { scheduler, runtime, config, scope, limits, maxSteps, equals } = setup;
    this.#setup = setup;
    this.#stage = new Stage(scheduler, maxSteps);
    this.#journal = new Journal(() => scheduler.now(), scope);
    this.#watch = new PromiseWatch((where) => { if (!this.#promises.has(where)) this.#promises.set(where, scheduler.now()); });
    const broker = memoryBroker({ runtime: this.#stage.brokerRuntime(runtime), limits });
    broker.open().subscribe();
    const seen = witnessed(broker, this.#journal);
    this.#scene = { stage: this.#stage, journal: this.#journal, runtime, broker: seen, config, unwatched: this.#watch.pause, runs: [], pending: new Set() };
    this.#inputs = new Inputs(Chronow.over({ broker: seen, runtime, config }), this.#stage, this.#journal);
    this.#expectations = new Expectations(this.#stage, this.#journal, broker, this.#scene.runs, equals);
  }

  through(body: (test: MarbleTest) => unknown): MarbleOutcome {
    return this.#watch.during(() => {
      const test = this.#test();
      const answer = body(test);
      if (typeof answer === 'object' && answer !== null && 'then' in answer) throw new ChronowError('OPTION_INVALID', 'the body of a marble test must not be async: it says what is to happen, and returns');
      const thrown = this.#play();
      const outcome = this.#judge(thrown);
      this.#stage.end();
      for (const run of this.#scene.runs) run.stop();
      return outcome;
    });
  }

  /** Lets time run to the horizon, which depends on what is said and on the leases that are met on the way. */
  #play(): unknown {
    let reached = -1;
    for (let next = this.#stage.said; next > reached; next = this.#horizon) {
      reached = next;
      const thrown = this.#stage.runTo(next);
      if (thrown !== undefined) return thrown;
    }
    return undefined;
  }

  get #horizon(): number {
    const longest = Math.max(0, ...[...this.#journal.subscriptions.values()].map(({ leaseMs }) => leaseMs));
    return this.#setup.horizonMs ?? this.#stage.said + leases * (longest === 0 ? 30_000 : longest);
  }

  #judge(thrown: unknown): MarbleOutcome {
    const expected = this.#expectations.check();
    const found = guarded({
      journal: this.#journal,
      broker: this.#scene.broker,
      stage: this.#stage,
      horizon: this.#horizon,
      runs: this.#scene.runs,
      allowed: this.#expectations.allowed,
      settled: this.#expectations.settled,
      dead: this.#expectations.dead,
      events: this.#expectations.events,
      published: this.#expectations.publishedTo,
      promises: this.#promises,
      pending: this.#scene.pending,
      expectations: this.#expectations.count,
      anyInput: this.#inputs.any,
      thrown,
    });
    const problems = [...expected, ...found];
    const cause = thrown ?? this.#scene.runs.find(({ error, errorExpected }) => error !== undefined && !errorExpected)?.error?.error;
    return { problems: problems.map(({ title }) => title), report: problems.length === 0 ? '' : report(problems, this.#journal, this.#scene.runs), cause };
  }

  #test(): MarbleTest {
    const { cold, hot } = this.#setup;
    const scene = this.#scene;
    return {
      ...this.#process(),
      ...this.#expectations.verbs,
      cold,
      hot,
      publish: (topic, marbles, values) => { this.#inputs.publish(topic, marbles, values); },
      set: (key, marbles, values) => { this.#inputs.set(key, marbles, values); },
      work: workMaker(this.#stage, this.#journal),
      drain: (marbles) => signalAt(marbles, 'drain()', this.#stage),
      steal: (place, marbles) => { steal(place, marbles, scene); },
      process: () => this.#process(),
    };
  }

  #process(): TestProcess {
    this.#processes += 1;
    const made = new MarbleProcess(this.#processes === 1 ? '' : `process ${String(this.#processes)}: `, this.#scene);
    return {
      cw: made.cw,
      run: (flow$, marbles = '') => this.#expectations.of(made.run(flow$, marbles)),
      close: (marbles, options = {}) => { made.close(marbles, options); },
      disconnect: (marbles) => { made.disconnect(marbles); },
      loseReply: (call, marbles) => { made.loseReply(call, marbles); },
      crash: (marbles) => { made.crash(marbles); },
      jumpClock: (marbles, ms) => { made.jumpClock(marbles, ms); },
    };
  }
}
