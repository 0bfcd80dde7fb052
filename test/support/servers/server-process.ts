import type { ChildProcess } from 'node:child_process';
import { spawn } from 'node:child_process';
import { Socket } from 'node:net';
import { createInterface } from 'node:readline';
import type { Guard } from './guard.js';
import { startGuard } from './guard.js';

const keptLines = 300;
const graceMs = 2_000;

export interface Launch {
  readonly program: string;
  readonly folder: string;
  readonly args: readonly string[];
  /** The line of the log that says it serves. */
  readonly ready: RegExp;
}

/** A server that is ours: started, frozen and ended here, its log kept for the failures. */
export class ServerProcess {
  readonly log: string[] = [];
  readonly #launch: Launch;
  readonly #guard: Guard;
  #child: ChildProcess | undefined;
  #exited: Promise<void> = Promise.resolve();

  constructor(launch: Launch) {
    this.#launch = launch;
    this.#guard = startGuard(launch.folder);
  }

  /** The process id while it runs. */
  get pid(): number | undefined {
    return this.#child?.pid;
  }

  /** Starts it, and returns when it says that it serves. */
  async start(): Promise<void> {
    if (this.#child !== undefined) throw new Error(`the server runs already, as process ${String(this.#child.pid)}`);
    const child = spawn(this.#launch.program, this.#launch.args, { cwd: this.#launch.folder, detached: true, stdio: ['ignore', 'pipe', 'pipe'] });
    this.#child = child;
    this.#guard.watch(child.pid);
    this.#exited = new Promise((resolve) => {
      const ended = (): void => {
        this.#child = undefined;
        this.#guard.watch(undefined);
        resolve();
      };
      child.once('exit', ended);
      child.once('error', (error) => {
        this.log.push(String(error));
        ended();
      });
    });
    await this.#served(child);
    // From here on neither the server nor its log keeps a test process that is done; before, nothing else might.
    child.unref();
    for (const stream of [child.stdout, child.stderr]) if (stream instanceof Socket) stream.unref();
  }

  /** Ends it with its last words: what it has is written. */
  async terminate(): Promise<void> {
    const child = this.#child;
    if (child === undefined) return;
    child.ref();
    child.kill('SIGCONT');
    child.kill('SIGTERM');
    const tooLong = setTimeout(() => child.kill('SIGKILL'), graceMs);
    await this.#exited;
    clearTimeout(tooLong);
  }

  /** Ends it as a crash does. */
  async kill9(): Promise<void> {
    this.#child?.ref();
    this.#child?.kill('SIGKILL');
    await this.#exited;
  }

  /** It does not run any more, but its sockets stay open. */
  freeze(): void {
    this.#child?.kill('SIGSTOP');
  }

  thaw(): void {
    this.#child?.kill('SIGCONT');
  }

  /** Ends it and removes its folder. */
  async stop(): Promise<void> {
    await this.terminate();
    await this.#guard.dismiss();
  }

  #served(child: ChildProcess): Promise<void> {
    return new Promise((resolve, reject) => {
      const note = (line: string): void => {
        this.log.push(line);
        if (this.log.length > keptLines) this.log.shift();
        if (this.#launch.ready.test(line)) resolve();
      };
      for (const stream of [child.stdout, child.stderr]) {
        if (stream !== null) createInterface({ input: stream }).on('line', note);
      }
      void this.#exited.then(() => reject(new Error(`${this.#launch.program} ended before it served:\n${this.log.slice(-20).join('\n')}`)));
    });
  }
}
