import { Observable } from 'rxjs';
import { ChronowError } from '../../src/errors.js';
import type { Message } from '../../src/subscription/delivery.js';
import type { Journal } from './journal.js';
import { parse, type Parsed } from './parse.js';
import type { Stage } from './stage.js';
import { valueOf } from './values.js';

/** What the work on a message does, as marbles: `--x|` emits and completes, `--#` fails, `-` never ends. A list: one for each attempt, the last one for all later ones. */
export type Script = string | readonly string[];

/** Scripts for all messages, or by the name of the message. */
export type Scripts = Script | Readonly<Record<string, Script>>;

/** Makes work for the messages of one test; see `MarbleTest.work`. */
export interface WorkMaker {
  (scripts: Scripts): <T>(message: Message<T>) => Observable<string>;
  <R>(scripts: Scripts, values: Readonly<Record<string, R>>, error?: unknown): <T>(message: Message<T>) => Observable<R>;
}

export function workMaker(stage: Stage, journal: Journal): WorkMaker {
  function work(scripts: Scripts): (message: Message<unknown>) => Observable<string>;
  function work<R>(scripts: Scripts, values: Readonly<Record<string, R>>, error?: unknown): (message: Message<unknown>) => Observable<R>;
  function work(scripts: Scripts, values?: Readonly<Record<string, unknown>>, error: unknown = new Error('the work failed, as its marbles say')): (message: Message<unknown>) => Observable<unknown> {
    const scripted = new ScriptedWork(scripts, values, error, stage, journal);
    return (message) => scripted.on(message);
  }
  return work;
}

/** Work with a duration in place of a promise: its scripts are read, and refused, when it is made. */
export class ScriptedWork {
  readonly #byName: ReadonlyMap<string, readonly Parsed[]>;
  readonly #forAll: readonly Parsed[] | undefined;
  readonly #values: Readonly<Record<string, unknown>> | undefined;
  readonly #error: unknown;
  readonly #stage: Stage;
  readonly #journal: Journal;

  constructor(scripts: Scripts, values: Readonly<Record<string, unknown>> | undefined, error: unknown, stage: Stage, journal: Journal) {
    const read = (script: Script): readonly Parsed[] => {
      const attempts = typeof script === 'string' ? [script] : script;
      if (attempts.length === 0) throw new ChronowError('OPTION_INVALID', 'work(): an empty list of attempts; one script at least is needed');
      return attempts.map((marbles) => readScript(marbles, values));
    };
    const forAll = typeof scripts === 'string' || isList(scripts);
    this.#forAll = forAll ? read(scripts) : undefined;
    this.#byName = forAll ? new Map() : new Map(Object.entries(scripts).map(([name, script]) => [name, read(script)]));
    this.#values = values;
    this.#error = error;
    this.#stage = stage;
    this.#journal = journal;
  }

  on({ topic, id, deliveryCount }: Message<unknown>): Observable<unknown> {
    const name = this.#journal.nameOf(topic, id);
    const attempts = this.#forAll ?? this.#byName.get(name);
    const script = attempts?.[Math.min(deliveryCount, attempts.length) - 1];
    if (script !== undefined) return this.#play(script);
    const error = new ChronowError('OPTION_INVALID', `work() has no script for message ${name}; it has some for ${[...this.#byName.keys()].join(', ')}`);
    this.#journal.mishap(error.message);
    throw error;
  }

  #play({ marks }: Parsed): Observable<unknown> {
    return new Observable((out) => {
      for (const { frame, letter } of marks) {
        out.add(this.#stage.scheduler.schedule(() => {
          if (letter === '|') out.complete();
          else if (letter === '#') out.error(this.#error);
          else out.next(valueOf(this.#values, letter));
        }, frame));
      }
    });
  }
}

function readScript(marbles: string, values: Readonly<Record<string, unknown>> | undefined): Parsed {
  const parsed = parse(marbles, 'work()', (letter) => letter === '|' || letter === '#' || (!'^!'.includes(letter) && (values === undefined || Object.hasOwn(values, letter))), '| done, # failed, and those of your values');
  const end = parsed.marks.findIndex(({ letter }) => letter === '|' || letter === '#');
  if (end !== -1 && end !== parsed.marks.length - 1) throw new ChronowError('OPTION_INVALID', `work(): nothing can come after the end in '${marbles}'`);
  return parsed;
}

function isList(scripts: Scripts): scripts is readonly string[] {
  return Array.isArray(scripts);
}
