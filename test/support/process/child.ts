import type { ChildProcess } from 'node:child_process';
import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';

export interface Child {
  readonly pid: number;
  /** What it has printed, line by line. */
  readonly lines: readonly string[];
  /** When it has ended: its exit code, or the signal. */
  readonly ended: Promise<number | NodeJS.Signals>;
  /** The first line that matches, printed already or to come; fails when it ends before. */
  line(pattern: RegExp): Promise<string>;
  kill(signal: NodeJS.Signals): void;
}

/** Starts a TypeScript module in a process of its own. It ends when we do. */
export function startChild(module: URL, args: readonly string[] = [], environment: NodeJS.ProcessEnv = {}): Child {
  const main = fileURLToPath(new URL('main.mjs', import.meta.url));
  const child = spawn(process.execPath, [main, fileURLToPath(module), ...args], { env: { ...process.env, ...environment }, stdio: ['ignore', 'pipe', 'pipe', 'ipc'] });
  if (child.pid === undefined) throw new Error(`could not start ${module.href}`);
  return new Running(child, child.pid);
}

class Running implements Child {
  readonly pid: number;
  readonly lines: string[] = [];
  readonly ended: Promise<number | NodeJS.Signals>;
  readonly #child: ChildProcess;
  readonly #listeners = new Set<(line: string) => void>();

  constructor(child: ChildProcess, pid: number) {
    this.#child = child;
    this.pid = pid;
    const read = [child.stdout, child.stderr].map(async (stream) => {
      if (stream === null) return;
      for await (const line of createInterface({ input: stream })) this.#note(line);
    });
    const exit = new Promise<number | NodeJS.Signals>((resolve) => child.once('exit', (code, signal) => resolve(code ?? signal ?? 1)));
    this.ended = Promise.all([exit, ...read]).then(([how]) => how);
  }

  async line(pattern: RegExp): Promise<string> {
    const printed = this.lines.find((line) => pattern.test(line));
    if (printed !== undefined) return printed;
    return new Promise((resolve, reject) => {
      const listener = (line: string): void => {
        if (!pattern.test(line)) return;
        this.#listeners.delete(listener);
        resolve(line);
      };
      this.#listeners.add(listener);
      void this.ended.then((how) => reject(new Error(`it ended (${how}) without a line like ${String(pattern)}:\n${this.lines.slice(-20).join('\n')}`)));
    });
  }

  kill(signal: NodeJS.Signals): void {
    this.#child.kill(signal);
  }

  #note(line: string): void {
    this.lines.push(line);
    for (const listener of this.#listeners) listener(line);
  }
}
