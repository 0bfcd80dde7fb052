import type { Mark } from './parse.js';

/** A line of a timeline. */
export interface Row {
  readonly label: string;
  readonly marks: readonly Mark[];
}

interface Column {
  readonly frame: number;
  /** What stands before it in every row: dashes, or a time that passes. */
  readonly gap: string;
  readonly width: number;
}

const longestDashes = 24;

/**
 * Rows under each other, a frame in the same column in all of them. Where nothing happens for long the time that passes is
 * written instead, so every row is a marble string again.
 */
export class Timeline {
  readonly #columns: readonly Column[];
  readonly #labels: number;

  constructor(rows: readonly Row[]) {
    const widths = new Map<number, number>();
    for (const { marks } of rows) {
      for (const [frame, token] of tokensOf(marks)) widths.set(frame, Math.max(widths.get(frame) ?? 1, token.length));
    }
    this.#columns = columnsOf([...widths].sort(([a], [b]) => a - b));
    this.#labels = Math.max(0, ...rows.map(({ label }) => label.length));
  }

  row({ label, marks }: Row): string {
    return `${label.padEnd(this.#labels)}  ${this.#draw(tokensOf(marks), '-')}`.trimEnd();
  }

  /** Marks the columns in which two rows differ; empty where they do not. */
  difference(one: readonly Mark[], other: readonly Mark[]): string {
    const [left, right] = [tokensOf(one), tokensOf(other)];
    let line = '';
    for (const { frame, gap, width } of this.#columns) {
      const differs = left.get(frame) !== right.get(frame);
      line += ' '.repeat(gap.length) + (differs ? '^' : ' ').repeat(width);
    }
    return line.trim() === '' ? '' : `${' '.repeat(this.#labels)}  ${line.trimEnd()}`;
  }

  /** The frames above their columns, as many as there is room for. */
  get ruler(): string {
    let line = '';
    let column = 0;
    for (const { frame, gap, width } of this.#columns) {
      column += gap.length;
      if (line === '' || line.length < column) line = `${line.padEnd(column)}${String(frame)}`;
      column += width;
    }
    return `${'frame'.padEnd(this.#labels)}  ${line}`.trimEnd();
  }

  #draw(tokens: ReadonlyMap<number, string>, blank: string): string {
    const last = Math.max(-1, ...tokens.keys());
    let line = '';
    for (const { frame, gap, width } of this.#columns) {
      if (frame > last) break;
      line += gap + (tokens.get(frame) ?? '').padEnd(width, blank);
    }
    return line === '' ? blank : line.replace(/-+$/, '');
  }
}

/** What each frame of a row shows: a letter, or a group. */
function tokensOf(marks: readonly Mark[]): ReadonlyMap<number, string> {
  const letters = new Map<number, string[]>();
  for (const { frame, letter } of marks) {
    const group = letters.get(frame);
    if (group === undefined) letters.set(frame, [letter]);
    else group.push(letter);
  }
  return new Map([...letters].map(([frame, [only, ...more]]) => [frame, more.length === 0 ? (only ?? '') : `(${[only, ...more].join('')})`]));
}

function columnsOf(widths: readonly (readonly [frame: number, width: number])[]): Column[] {
  let drawn = 0;
  return widths.map(([frame, width]) => {
    const passing = Math.max(0, frame - drawn);
    drawn = Math.max(drawn, frame) + width;
    return { frame, gap: passing <= longestDashes ? '-'.repeat(passing) : ` ${timeText(passing)} `, width };
  });
}

/** A time as marbles write it, in the largest unit that is exact. */
export function timeText(ms: number): string {
  for (const [unit, length] of [['d', 86_400_000], ['h', 3_600_000], ['m', 60_000], ['s', 1_000]] as const) {
    if (ms >= length && ms % length === 0) return `${String(ms / length)}${unit}`;
  }
  return `${String(ms)}ms`;
}
