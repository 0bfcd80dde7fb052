import { ChronowError } from '../../src/errors.js';
import type { Chronow } from '../../src/chronow.js';
import type { BatchItem } from '../../src/topic/options.js';
import type { Topic } from '../../src/topic/topic.js';
import type { Journal } from './journal.js';
import { parse } from './parse.js';
import type { Stage } from './stage.js';
import { shownValue, valueOf } from './values.js';

const publishOptions = ['payload', 'headers', 'key', 'idempotencyKey', 'delayMs', 'deliverAt', 'ttlMs'];
const noMarks = '|#^!';

/** A payload, or a payload with what goes with it. */
export type MarbleMessage<T> = T | BatchItem<T>;

/** What comes from outside: messages and shared values. */
export class Inputs {
  /** Something was to come in. */
  any = false;
  readonly #outside: Chronow;
  readonly #stage: Stage;
  readonly #journal: Journal;
  readonly #used = new Map<string, Set<string>>();

  constructor(outside: Chronow, stage: Stage, journal: Journal) {
    this.#outside = outside;
    this.#stage = stage;
    this.#journal = journal;
  }

  publish<T>(to: string | Topic<T>, marbles: string, values: Readonly<Record<string, MarbleMessage<T>>> | undefined): void {
    const topic: Topic<unknown> = typeof to === 'string' ? this.#outside.topic(to) : widened(to);
    const { name } = topic;
    const where = `publish('${name}')`;
    const { marks, end } = parse(marbles, where, (letter) => !noMarks.includes(letter) && (values === undefined || Object.hasOwn(values, letter)), values === undefined ? 'any letter but | # ^ !, each is its own payload' : 'those of your values');
    this.any ||= marks.length > 0;
    this.#stage.says(end);
    for (const { frame, letter } of marks) {
      this.#claimLetter(name, letter, marbles);
      const { payload, ...options } = asItem(valueOf(values, letter), where, letter);
      this.#stage.at(frame, () => {
        topic.publish$(payload, options).subscribe({
          next: ({ id, duplicate }) => { if (!duplicate) this.#name(name, id, letter); },
          error: (error: unknown) => { this.#journal.mishap(`${where}: ${letter} was refused: ${shownValue(error)}`); },
        });
      });
    }
  }

  set(key: string, marbles: string, values: Readonly<Record<string, unknown>> | undefined): void {
    const where = `set('${key}')`;
    const { marks, end } = parse(marbles, where, (letter) => !noMarks.includes(letter) && (values === undefined || Object.hasOwn(values, letter)), values === undefined ? 'any letter but | # ^ !, each is its own value' : 'those of your values');
    this.any ||= marks.length > 0;
    this.#stage.says(end);
    const { shared } = this.#outside;
    for (const { frame, letter } of marks) {
      const value = valueOf(values, letter);
      this.#stage.at(frame, () => {
        const error = (problem: unknown): void => { this.#journal.mishap(`${where}: ${letter} was refused: ${shownValue(problem)}`); };
        if (value === undefined) shared.del$(key).subscribe({ error });
        else shared.set$(key, value).subscribe({ error });
      });
    }
  }

  /** A letter names one message of its topic, or rows could not be told apart. */
  #claimLetter(topic: string, letter: string, marbles: string): void {
    const used = this.#used.get(topic) ?? new Set();
    if (used.has(letter)) throw new ChronowError('OPTION_INVALID', `publish('${topic}'): letter '${letter}' is the name of one message, and stands twice in '${marbles}'; give two letters the same value: { a: 1, b: 1 }`);
    used.add(letter);
    this.#used.set(topic, used);
  }

  #name(topic: string, id: string, letter: string): void {
    for (const { ref, names } of this.#journal.topics.values()) if (ref.topic === topic && names.knows(id)) names.name(id, letter);
  }
}

/** `{ payload, key, … }` is a message; everything else is a payload. */
function asItem(value: unknown, where: string, letter: string): BatchItem<unknown> {
  if (!isItem(value)) return { payload: value };
  const unknown = Object.keys(value).filter((name) => !publishOptions.includes(name));
  if (unknown.length > 0) throw new ChronowError('OPTION_INVALID', `${where}: ${letter} has a payload and ${unknown.join(', ')}, which publish() does not know (it knows ${publishOptions.join(', ')}); is all of it the payload, write { payload: { payload: … } }`);
  return value;
}

function isItem(value: unknown): value is BatchItem<unknown> {
  return typeof value === 'object' && value !== null && Object.hasOwn(value, 'payload');
}

/** The test's values fit its topic; the compiler has seen to it. */
function widened<T>(topic: Topic<T>): Topic<unknown> {
  return topic;
}
