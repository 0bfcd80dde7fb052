import { ChronowError } from '../../src/errors.js';
import type { Broker } from '../../src/port/broker.js';
import { DeadLettersExpectation } from './expect/dead-letters.js';
import { DeliveriesExpectation } from './expect/deliveries.js';
import { DemandExpectation, MostInFlightExpectation } from './expect/demand.js';
import { EventsExpectation } from './expect/events.js';
import { OutcomesExpectation, ResultsExpectation, type OutcomePattern } from './expect/outcomes.js';
import { PublishedExpectation } from './expect/published.js';
import { SettledExpectation } from './expect/settled.js';
import { SharedExpectation } from './expect/shared.js';
import { checkAllowance, type Allowance } from './guards/allowances.js';
import type { Journal } from './journal.js';
import type { MarbleTest, Run, Values } from './marble-test.js';
import { subscriptionFinder, topicFinder } from './places.js';
import type { Expectation, Problem } from './problem.js';
import type { RunRecord } from './runs.js';
import type { Stage } from './stage.js';
import type { Equals } from './values.js';

type Expecting = Pick<MarbleTest, 'expectSettled' | 'expectDeliveries' | 'expectDeadLetters' | 'expectPublished' | 'expectOutcomes' | 'expectResults' | 'expectShared' | 'expectEvents' | 'expectDemand' | 'expectMostInFlight' | 'allow'>;

/** What a test expects of its run. */
export class Expectations {
  readonly settled: SettledExpectation[] = [];
  readonly dead: DeadLettersExpectation[] = [];
  readonly events: EventsExpectation[] = [];
  readonly publishedTo: Set<string> = new Set();
  readonly allowed: Set<Allowance> = new Set();
  readonly verbs: Expecting;
  readonly #all: Expectation[] = [];
  readonly #published: PublishedExpectation[] = [];
  readonly #stage: Stage;
  readonly #journal: Journal;
  readonly #equals: Equals;

  constructor(stage: Stage, journal: Journal, broker: Broker, runs: readonly RunRecord[], equals: Equals) {
    this.#stage = stage;
    this.#journal = journal;
    this.#equals = equals;
    const subscriptions = subscriptionFinder(journal);
    const topics = topicFinder(journal);
    this.verbs = {
      expectSettled: (place, rows) => {
        if (this.settled.some((other) => other.place === place)) throw new ChronowError('OPTION_INVALID', `expectSettled('${place}') was said before; put all rows into one`);
        this.settled.push(this.#add(new SettledExpectation(place, rows, subscriptions, () => this.allowed.has('settled'))));
      },
      expectDeliveries: (place, rows) => { this.#add(new DeliveriesExpectation(place, rows, subscriptions)); },
      expectDeadLetters: (place, letters) => { this.dead.push(this.#add(new DeadLettersExpectation(place, letters, subscriptions, broker, equals))); },
      expectPublished: (topic, marbles, values) => {
        this.publishedTo.add(topic);
        this.#published.push(this.#add(new PublishedExpectation(topic, marbles, values, topics, equals)));
      },
      expectOutcomes: (marbles, values) => { this.of(onlyRun(runs, 'expectOutcomes')).expectOutcomes(marbles, values); },
      expectResults: (marbles, values, error) => { this.of(onlyRun(runs, 'expectResults')).expectResults(marbles, values, error); },
      expectShared: (key, marbles, values) => { this.#add(new SharedExpectation(key, marbles, values, broker, journal, equals)); },
      expectEvents: (marbles, values) => { this.events.push(this.#add(new EventsExpectation(marbles, values, journal, equals))); },
      expectDemand: (place, marbles, values) => { this.#add(new DemandExpectation(place, marbles, values, subscriptions)); },
      expectMostInFlight: (place, most) => { this.#add(new MostInFlightExpectation(place, most, subscriptions)); },
      allow: (...what) => {
        for (const one of what) {
          checkAllowance(one);
          this.allowed.add(one);
        }
      },
    };
  }

  get count(): number {
    return this.#all.length;
  }

  /** What can be expected of one flow. */
  of(run: RunRecord): Run {
    return {
      expectOutcomes: (marbles, values: Values<OutcomePattern> = {}) => { this.#add(new OutcomesExpectation(run, marbles, values, this.#journal, this.#equals)); },
      expectResults: (marbles, values, error) => { this.#add(new ResultsExpectation(run, marbles, values, error, this.#equals)); },
    };
  }

  check(): readonly Problem[] {
    for (const published of this.#published) published.name();
    return this.#all.flatMap((expectation) => expectation.check() ?? []);
  }

  #add<E extends Expectation>(expectation: E): E {
    this.#all.push(expectation);
    this.#stage.says(expectation.end);
    return expectation;
  }
}

function onlyRun(runs: readonly RunRecord[], verb: string): RunRecord {
  const [only, ...more] = runs;
  if (only === undefined) throw new ChronowError('OPTION_INVALID', `${verb}(): run(flow$) comes first`);
  if (more.length > 0) throw new ChronowError('OPTION_INVALID', `${verb}(): ${String(runs.length)} flows run; say of which: const first = run(flow$); first.${verb}(…)`);
  return only;
}
