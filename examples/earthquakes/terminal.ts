import { styleText } from 'node:util';

/** A stream to write on: `process.stdout`, `process.stderr`, or what a test hands in. */
export interface Output {
  write(text: string): unknown;
  readonly isTTY?: boolean;
  /** Takes NO_COLOR and FORCE_COLOR into account. */
  hasColors?(): boolean;
}

export type Style = Parameters<typeof styleText>[0];

/** Styles text where the stream shows colours. */
export function painter(output: Output): (style: Style, text: string) => string {
  const colours = output.isTTY === true && output.hasColors?.() === true;
  return (style, text) => (colours ? styleText(style, text) : text);
}

const integer = new Intl.NumberFormat('en-US');

/** 1,707 */
export function count(n: number): string {
  return integer.format(n);
}

/** Rows as aligned columns; the first row is the head, columns of numbers are set right. */
export function table(rows: readonly (readonly (string | number)[])[]): string[] {
  const cells = rows.map((row) => row.map((cell) => (typeof cell === 'number' ? count(cell) : cell)));
  const widths = (cells[0] ?? []).map((_, i) => Math.max(...cells.map((row) => (row[i] ?? '').length)));
  const isNumber = widths.map((_, i) => rows.slice(1).every((row) => typeof row[i] === 'number'));
  return cells.map((row) => row.map((cell, i) => (isNumber[i] === true ? cell.padStart(widths[i] ?? 0) : cell.padEnd(widths[i] ?? 0))).join('   ').trimEnd());
}
