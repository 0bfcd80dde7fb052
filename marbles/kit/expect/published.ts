import { ChronowError } from '../../../src/errors.js';
import { parse, type Mark, type Parsed } from '../parse.js';
import { unknownTopic, type TopicFinder } from '../places.js';
import { compare, type Expectation, type Problem } from '../problem.js';
import { Lettering, valueOf, type Equals } from '../values.js';

/** The messages that a topic got, from whomever. Its letters are the names of the messages from then on. */
export class PublishedExpectation implements Expectation {
  readonly #name: string;
  readonly #parsed: Parsed;
  readonly #values: Readonly<Record<string, unknown>>;
  readonly #find: TopicFinder;
  readonly #equals: Equals;

  constructor(name: string, marbles: string, values: Readonly<Record<string, unknown>> | undefined, find: TopicFinder, equals: Equals) {
    this.#name = name;
    this.#parsed = parse(marbles, `expectPublished('${name}')`, (letter) => values === undefined || Object.hasOwn(values, letter), 'those of your values');
    const letters = this.#parsed.marks.map(({ letter }) => letter);
    const twice = letters.find((letter, index) => letters.indexOf(letter) !== index);
    if (twice !== undefined) throw new ChronowError('OPTION_INVALID', `expectPublished('${name}'): a letter is the name of one message, and ${twice} stands twice in '${marbles}'; give two letters the same value`);
    this.#values = Object.fromEntries(letters.map((letter) => [letter, valueOf(values, letter)]));
    this.#find = find;
    this.#equals = equals;
  }

  get end(): number {
    return this.#parsed.end;
  }

  /** Gives the messages their names; before anything else is checked. */
  name(): void {
    const record = this.#find(this.#name);
    record?.publications.forEach(({ id, payload }, index) => {
      const letter = this.#parsed.marks[index]?.letter;
      if (letter !== undefined && this.#equals(payload, this.#values[letter])) record.names.name(id, letter);
    });
  }

  check(): Problem | undefined {
    const what = `expectPublished('${this.#name}')`;
    const record = this.#find(this.#name);
    if (record === undefined) return this.#parsed.marks.length === 0 ? undefined : unknownTopic(what, this.#name, this.#find);
    const lettering = new Lettering(this.#values, this.#equals);
    const received: Mark[] = record.publications.filter(({ duplicate }) => !duplicate).map(({ frame, payload }, index) => ({ frame, letter: lettering.letterOf(payload, frame, this.#parsed.marks[index]?.letter) }));
    return compare(what, [{ name: '', expected: this.#parsed.marks, received }], lettering.notes);
  }
}
