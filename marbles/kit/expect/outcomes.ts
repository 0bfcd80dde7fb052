import { isChronowError } from '../../../src/errors.js';
import type { Settled } from '../../../src/subscription/outcome.js';
import type { Journal } from '../journal.js';
import { parse, type Mark, type Parsed } from '../parse.js';
import { compare, type Expectation, type Problem } from '../problem.js';
import type { RunRecord } from '../runs.js';
import { Lettering, shownValue, type Equals } from '../values.js';

/** What is known of an outcome; whatever is named here must be so. */
export interface OutcomePattern {
  readonly kind?: Settled['kind'];
  /** The name of the message. */
  readonly message?: unknown;
  readonly payload?: unknown;
  /** The last value of the work, of an `acked` one. */
  readonly value?: unknown;
  readonly reason?: unknown;
  /** The code of the error where it has one, else its message. */
  readonly error?: unknown;
  readonly attempt?: unknown;
  readonly delayMs?: unknown;
  readonly spent?: unknown;
  readonly stored?: unknown;
}

const letterOfKind: Readonly<Record<Settled['kind'], string>> = { acked: 'a', retried: 'r', 'dead-lettered': 'd', lost: 'l', failed: 'f' };
const kinds: Readonly<Record<string, OutcomePattern>> = { a: { kind: 'acked' }, r: { kind: 'retried' }, d: { kind: 'dead-lettered' }, l: { kind: 'lost' }, f: { kind: 'failed' } };
const ends = '|#';

/** What a flow emitted. */
export class OutcomesExpectation implements Expectation {
  readonly #run: RunRecord;
  readonly #parsed: Parsed;
  readonly #patterns: Readonly<Record<string, OutcomePattern>>;
  readonly #journal: Journal;
  readonly #equals: Equals;

  constructor(run: RunRecord, marbles: string, patterns: Readonly<Record<string, OutcomePattern>>, journal: Journal, equals: Equals) {
    const known = { ...kinds, ...patterns };
    this.#run = run;
    this.#parsed = parse(marbles, 'expectOutcomes', (letter) => letter in known || ends.includes(letter), 'a acked, r retried, d dead-lettered, l lost, f failed, | complete, # error, and those of your values');
    this.#patterns = known;
    this.#journal = journal;
    this.#equals = equals;
    run.errorExpected ||= this.#parsed.marks.some(({ letter }) => letter === '#');
  }

  get end(): number {
    return this.#parsed.end;
  }

  check(): Problem | undefined {
    const notes: string[] = [];
    const received: Mark[] = this.#run.said.map((said, index) => {
      if (said.kind === 'complete') return { frame: said.frame, letter: '|' };
      if (said.kind === 'error') return { frame: said.frame, letter: '#' };
      return { frame: said.frame, letter: this.#letterOf(said.value, said.frame, this.#parsed.marks[index]?.letter, notes) };
    });
    return compare(`expectOutcomes of ${this.#run.label}`, [{ name: '', expected: this.#parsed.marks, received }], notes);
  }

  #letterOf(value: unknown, frame: number, preferred: string | undefined, notes: string[]): string {
    if (!isOutcome(value)) {
      notes.push(`* at ${String(frame)} is ${shownValue(value)}, which is no outcome: use expectResults()`);
      return '*';
    }
    const known = knownOf(value, this.#journal);
    const fits = (letter: string): boolean => Object.entries(this.#patterns[letter] ?? {}).every(([field, expected]: [string, unknown]) => this.#equals(Reflect.get(known, field), expected));
    if (preferred !== undefined && preferred in this.#patterns && fits(preferred)) return preferred;
    const letter = letterOfKind[value.kind];
    notes.push(`${letter} at ${String(frame)} is ${Object.entries(known).filter(([, detail]) => detail !== undefined).map(([name, detail]) => `${name} ${shownValue(detail)}`).join(', ')}`);
    return letter === preferred ? '*' : letter;
  }
}

/** The values that a flow emitted. */
export class ResultsExpectation implements Expectation {
  readonly #run: RunRecord;
  readonly #parsed: Parsed;
  readonly #values: Readonly<Record<string, unknown>>;
  readonly #error: unknown;
  readonly #equals: Equals;

  constructor(run: RunRecord, marbles: string, values: Readonly<Record<string, unknown>> | undefined, error: unknown, equals: Equals) {
    this.#run = run;
    this.#parsed = parse(marbles, 'expectResults', (letter) => values === undefined || Object.hasOwn(values, letter) || ends.includes(letter), '| complete, # error, and those of your values');
    this.#values = values ?? Object.fromEntries(this.#parsed.marks.filter(({ letter }) => !ends.includes(letter)).map(({ letter }) => [letter, letter]));
    this.#error = error;
    this.#equals = equals;
    run.errorExpected ||= this.#parsed.marks.some(({ letter }) => letter === '#');
  }

  get end(): number {
    return this.#parsed.end;
  }

  check(): Problem | undefined {
    const lettering = new Lettering(this.#values, this.#equals);
    const received: Mark[] = this.#run.said.map((said, index) => {
      if (said.kind === 'complete') return { frame: said.frame, letter: '|' };
      if (said.kind === 'next') return { frame: said.frame, letter: lettering.letterOf(said.value, said.frame, this.#parsed.marks[index]?.letter) };
      return { frame: said.frame, letter: this.#errorLetter(said.error, said.frame, lettering.notes) };
    });
    return compare(`expectResults of ${this.#run.label}`, [{ name: '', expected: this.#parsed.marks, received }], lettering.notes);
  }

  #errorLetter(error: unknown, frame: number, notes: string[]): string {
    if (this.#error === undefined || this.#equals(error, this.#error) || errorText(error) === this.#error) return '#';
    notes.push(`* at ${String(frame)} is the error ${shownValue(error)}, expected ${shownValue(this.#error)}`);
    return '*';
  }
}

function knownOf(outcome: Settled, journal: Journal): OutcomePattern {
  const { delivery, kind } = outcome;
  const common = { kind, message: journal.nameOf(delivery.topic, delivery.id), payload: delivery.payload };
  const error = 'error' in outcome ? errorText(outcome.error) : undefined;
  switch (outcome.kind) {
    case 'acked': return { ...common, value: outcome.value };
    case 'lost': return { ...common, reason: outcome.reason };
    case 'retried': return { ...common, error, attempt: outcome.attempt, delayMs: outcome.delayMs };
    case 'failed': return { ...common, error, attempt: outcome.attempt, spent: outcome.spent };
    default: return { ...common, error, reason: outcome.reason, stored: outcome.stored };
  }
}

/** The code of an error of Chronow, else its message. */
export function errorText(error: unknown): unknown {
  if (isChronowError(error)) return error.code;
  return error instanceof Error ? error.message : error;
}

export function isOutcome(value: unknown): value is Settled {
  return typeof value === 'object' && value !== null && 'kind' in value && 'delivery' in value && String(value.kind) in letterOfKind;
}
