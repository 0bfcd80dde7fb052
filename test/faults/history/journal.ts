import { closeSync, openSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import type { Entry, HistoryEvent } from './event.js';

/** Milliseconds by the monotonic clock of the machine, the same for all its processes. */
export function machineMs(): number {
  return Number(process.hrtime.bigint()) / 1e6;
}

export const journalEnd = '.history.jsonl';

/**
 * The history of one process: a line of JSON for each event, appended when it happens. Written at once, so that a process that is killed
 * leaves everything up to its last moment.
 */
export class Journal {
  readonly process: string;
  readonly #file: number;
  readonly #heard: (event: HistoryEvent) => void;
  #seq = 0;
  #ids = 0;
  #open = true;

  constructor(folder: string, process: string, heard: (event: HistoryEvent) => void = () => undefined) {
    this.process = process;
    this.#file = openSync(join(folder, `${process}${journalEnd}`), 'a');
    this.#heard = heard;
  }

  add(entry: Entry): void {
    // What comes after the end of a run belongs to nobody.
    if (!this.#open) return;
    const event: HistoryEvent = { t: machineMs(), process: this.process, seq: (this.#seq += 1), ...entry };
    writeSync(this.#file, `${JSON.stringify(event)}\n`);
    this.#heard(event);
  }

  /** A name that nothing else in the run has. */
  name(kind: string): string {
    return `${this.process}/${kind}${String((this.#ids += 1))}`;
  }

  close(): void {
    if (this.#open) closeSync(this.#file);
    this.#open = false;
  }
}
