import type { Mark } from './parse.js';
import { Timeline, type Row } from './timeline.js';

/** Something that fails a marble test. */
export interface Problem {
  /** One sentence: what is wrong, and what to do. */
  readonly title: string;
  /** What shows it. */
  readonly lines: readonly string[];
}

/** What a test expects; checked when virtual time is over. */
export interface Expectation {
  /** The frame behind the last one that it speaks of. */
  readonly end: number;
  check(): Problem | undefined;
}

/** What one row was to be, and was. */
export interface Comparison {
  readonly name: string;
  readonly expected: readonly Mark[];
  readonly received: readonly Mark[];
}

const mostRows = 20;
const mostMarks = 60;

/** Rows that differ, shown under each other; undefined where none does. `notes` say what the letters do not. */
export function compare(what: string, comparisons: readonly Comparison[], notes: readonly string[] = []): Problem | undefined {
  const wrong = comparisons.filter(differs);
  const [first] = wrong;
  if (first === undefined) return undefined;
  const more = wrong.length === 1 ? '' : ` (and ${String(wrong.length - 1)} more)`;
  const pairs = wrong.slice(0, mostRows).map((comparison) => {
    const { name } = comparison;
    const { expected, received } = aroundTheFault(comparison);
    return { expected: { label: `${name}  expected`, marks: expected }, received: { label: `${' '.repeat(name.length)}  received`, marks: received } };
  });
  const rows: Row[] = pairs.flatMap(({ expected, received }) => [expected, received]);
  const timeline = new Timeline(rows);
  const lines = pairs.flatMap(({ expected, received }) => [timeline.row(expected), timeline.row(received), timeline.difference(expected.marks, received.marks)]);
  return { title: `${what}: ${first.name === '' ? '' : `${first.name}: `}${firstDifference(first)}${more}`, lines: [timeline.ruler, ...lines.filter((line) => line !== ''), ...notes.slice(0, mostRows)] };
}

export function differs({ expected, received }: Comparison): boolean {
  return expected.length !== received.length || expected.some(({ frame, letter }, index) => received[index]?.frame !== frame || received[index]?.letter !== letter);
}

function firstDifference(comparison: Comparison): string {
  const { expected, received } = comparison;
  const index = indexOfDifference(comparison);
  return `expected ${markText(expected[index])}, received ${markText(received[index])}`;
}

function indexOfDifference({ expected, received }: Comparison): number {
  const at = expected.findIndex(({ frame, letter }, index) => received[index]?.frame !== frame || received[index]?.letter !== letter);
  return at === -1 ? expected.length : at;
}

/** Long rows are shown where they differ. */
function aroundTheFault(comparison: Comparison): { readonly expected: readonly Mark[]; readonly received: readonly Mark[] } {
  const index = indexOfDifference(comparison);
  const from = index < mostMarks ? 0 : index - mostMarks / 2;
  const part = (marks: readonly Mark[]): readonly Mark[] => marks.slice(from, from + mostMarks);
  return { expected: part(comparison.expected), received: part(comparison.received) };
}

function markText(mark: Mark | undefined): string {
  return mark === undefined ? 'nothing more' : `${mark.letter} at ${String(mark.frame)}`;
}
