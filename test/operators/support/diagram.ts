import { readFileSync } from 'node:fs';
import { map, takeUntil, timer, type Observable } from 'rxjs';
import { expect } from 'vitest';
import type { Delivery } from '../../../operators/index.js';
import type { SubscriptionOptions } from '../../../src/topic/options.js';
import type { Flow } from '../../support/flow.js';

/** One line of a diagram: what it is about, and its marbles. A letter, `|`, `#` or `!` at each frame; `(ab)` is one frame. */
export interface Row {
  readonly label: string;
  readonly marbles: string;
  /** The frame its marbles begin at: they stand where they happen. */
  readonly offset: number;
  readonly note: string;
}

/** The marble diagram in the docstring of an operator: the tests run these very strings. */
export class Diagram {
  readonly rows: readonly Row[];
  readonly #used = new Set<Row>();

  constructor(operator: string) {
    const source = readFileSync(new URL(`../../../operators/${operator}.ts`, import.meta.url), 'utf8');
    this.rows = diagramIn(source);
    if (this.rows.length < 2) throw new Error(`operators/${operator}.ts has no marble diagram in a \`\`\`text block`);
  }

  row(label: string): Row {
    const row = this.rows.find((candidate) => candidate.label.startsWith(label));
    if (row === undefined) throw new Error(`the diagram has no row "${label}"; it has ${this.rows.map((one) => one.label).join(', ')}`);
    this.#used.add(row);
    return row;
  }

  /** Deliveries as a row says: published at its letters' frames, completed at its `|`. */
  deliveries(f: Flow, label: string, options: SubscriptionOptions = {}): Observable<Delivery<string>> {
    const row = this.row(label);
    for (const { frame, mark } of marksOf(row)) if (isLetter(mark)) f.at(frame, () => { f.publish(mark); });
    const end = marksOf(row).find(({ mark }) => mark === '|');
    const source = f.source(options);
    return end === undefined ? source : source.pipe(takeUntil(timer(end.frame)));
  }

  /** What a row says, its frames counted from where it begins. */
  cold(f: Flow, label: string): Observable<string> {
    return f.cold(this.row(label).marbles);
  }

  /** Compares what a stream did with a row. */
  expect(seen: readonly string[], label: string): void {
    expect(seen).toEqual(marksOf(this.row(label)).map(({ frame, mark }) => `${frame}:${mark}`));
  }

  /** Every row was run. */
  expectAllRun(): void {
    expect(this.rows.filter((row) => !this.#used.has(row)).map(({ label }) => label)).toEqual([]);
  }
}

/** Writes down what a stream does, each value as its letter. */
export function seen<T>(f: Flow, stream: Observable<T>, letterOf: (value: T) => string | undefined): string[] {
  const log: string[] = [];
  stream.pipe(map(letterOf)).subscribe({
    next: (letter) => { if (letter !== undefined) log.push(`${f.now}:${letter}`); },
    error: () => { log.push(`${f.now}:#`); },
    complete: () => { log.push(`${f.now}:|`); },
  });
  return log;
}

export function marksOf({ marbles, offset }: Row): readonly { readonly frame: number; readonly mark: string }[] {
  const marks: { frame: number; mark: string }[] = [];
  let group: number | undefined;
  for (const [index, mark] of [...marbles].entries()) {
    const frame = offset + index;
    if (mark === '(') group = frame;
    else if (mark === ')') group = undefined;
    else if (mark !== '-') marks.push({ frame: group ?? frame, mark });
  }
  return marks;
}

function isLetter(mark: string): boolean {
  return /[A-Za-z]/.test(mark);
}

function diagramIn(source: string): Row[] {
  const block = /```text\n([\s\S]*?)\n \* ```/.exec(source)?.[1] ?? '';
  const lines = block.split('\n').map((line) => line.replace(/^ \* ?/, ''));
  // Marbles stand in one column; rows that begin later are indented.
  const column = lines[0]?.search(/(?<=\s{2,})\S/) ?? 0;
  return lines.map((line) => {
    const label = line.slice(0, column).trim();
    const rest = line.slice(column);
    const [marbles = '', ...note] = rest.trim().split(/\s+/);
    return { label, marbles, offset: rest.length - rest.trimStart().length, note: note.join(' ') };
  });
}

