import { ChronowError } from '../../src/errors.js';

/** One letter of a marble string, at its frame. */
export interface Mark {
  readonly frame: number;
  readonly letter: string;
}

/** A marble string, read. */
export interface Parsed {
  readonly marks: readonly Mark[];
  /** The frame behind its last character. */
  readonly end: number;
}

const unitMs: Readonly<Record<string, number>> = { ms: 1, s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 };
const progress = /^(\d+(?:\.\d+)?)(ms|s|m|h|d)(?= |$)/;

/**
 * Reads a marble string as `TestScheduler.run` does: a character is a frame of one millisecond, blanks count nothing, a group
 * `(ab)` happens in the frame of its bracket and takes as many frames as it has characters, and ` 9ms ` lets time pass. Beyond
 * RxJS, hours and days pass too (` 14d `), and a time may stand last.
 *
 * `letters` says what a letter may be, for the error; a letter it does not know is refused.
 */
export function parse(marbles: string, where: string, known: (letter: string) => boolean, letters: string): Parsed {
  if (typeof marbles !== 'string') throw new ChronowError('OPTION_INVALID', `${where}: a marble string is needed; got ${typeof marbles}`);
  const refuse = (problem: string): ChronowError => new ChronowError('OPTION_INVALID', `${where}: ${problem} in '${marbles}'`);
  const marks: Mark[] = [];
  let frame = 0;
  let group: number | undefined;
  let rest = marbles;
  let afterBlank = true;
  while (rest !== '') {
    const passing: RegExpExecArray | null = afterBlank ? progress.exec(rest) : null;
    const character: string = passing?.[0] ?? String.fromCodePoint(rest.codePointAt(0) ?? 0);
    rest = rest.slice(character.length);
    afterBlank = character === ' ';
    if (afterBlank) continue;
    if (group !== undefined && (passing !== null || character === '-' || character === '(')) throw refuse(`a group holds letters only, got '${character}'`);
    if (passing !== null) {
      frame += Number(passing[1]) * (unitMs[passing[2] ?? ''] ?? 0);
      if (!Number.isInteger(frame)) throw refuse(`time passes in whole milliseconds, got '${character}'`);
    } else if (character === ')') {
      if (group === undefined) throw refuse("a ')' without '('");
      group = undefined;
      frame += 1;
    } else {
      if (character === '(') group = frame;
      else if (character !== '-') {
        if (!known(character)) throw refuse(`unknown letter '${character}' (${letters})`);
        marks.push({ frame: group ?? frame, letter: character });
      }
      frame += 1;
    }
  }
  if (group !== undefined) throw refuse("a '(' without ')'");
  return { marks, end: frame };
}

/** A point in time: the frame of the one `!`. */
export function parsePoint(marbles: string, where: string): number {
  const { marks } = parse(marbles, where, (letter) => letter === '!', "only '!', when it happens");
  const [point, ...more] = marks;
  if (point === undefined || more.length > 0) throw new ChronowError('OPTION_INVALID', `${where}: exactly one '!' is needed, to say when; got '${marbles}'`);
  return point.frame;
}

/** A stretch of time. */
export interface Period {
  readonly from: number;
  /** Infinity: it does not end. */
  readonly to: number;
}

/** Reads `--^---!` as RxJS reads subscriptions: from `^` (or the start) to `!` (or for ever). */
export function parsePeriod(marbles: string, where: string): Period {
  const { marks } = parse(marbles, where, (letter) => letter === '^' || letter === '!', "'^' begins, '!' ends");
  const starts = marks.filter(({ letter }) => letter === '^');
  const ends = marks.filter(({ letter }) => letter === '!');
  if (starts.length > 1 || ends.length > 1) throw new ChronowError('OPTION_INVALID', `${where}: one '^' and one '!' at most; got '${marbles}'`);
  const period = { from: starts[0]?.frame ?? 0, to: ends[0]?.frame ?? Infinity };
  if (period.to < period.from) throw new ChronowError('OPTION_INVALID', `${where}: '!' stands before '^' in '${marbles}'`);
  return period;
}
