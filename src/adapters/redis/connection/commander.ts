import type { Runtime } from '../../../port/runtime.js';
import { Call, type Confirm } from './call.js';
import type { CallBook } from './call-book.js';
import type { Argument } from './connection.js';
import type { Gate } from './gate.js';
import type { NodeLine } from './node-line.js';
import type { Reply } from './reply.js';
import type { Router } from './router.js';
import type { Script } from './script.js';

/** Makes calls of what the adapter asks for, and sends them where they belong. */
export class Commander {
  readonly #runtime: Runtime;
  readonly #book: CallBook;
  readonly #gate: Gate;
  readonly #router: Router;
  readonly #deadlineMs: number;

  constructor(runtime: Runtime, book: CallBook, gate: Gate, router: Router, deadlineMs: number) {
    this.#runtime = runtime;
    this.#book = book;
    this.#gate = gate;
    this.#router = router;
    this.#deadlineMs = deadlineMs;
  }

  run(script: Script, keys: readonly string[], args: readonly Argument[], deadlineMs: number = this.#deadlineMs): Promise<Reply> {
    return new Promise((resolve, reject) => {
      const call = new Call('evalsha', scriptArguments(script, keys, args), keys[0], script, this.#runtime.now(), deadlineMs, resolve, reject);
      this.#book.add(call);
      this.#gate.pass(call, this.#route);
    });
  }

  /** As `run`, with a WAIT behind it; `send` knows the lines for that. */
  runConfirmed(script: Script, keys: readonly string[], args: readonly Argument[], deadlineMs: number, confirm: Confirm, send: (call: Call) => void): Promise<Reply> {
    return new Promise((resolve, reject) => {
      const call = new Call('evalsha', scriptArguments(script, keys, args), keys[0], script, this.#runtime.now(), deadlineMs, resolve, reject);
      call.confirm = confirm;
      this.#book.add(call);
      this.#gate.pass(call, send);
    });
  }

  command(name: string, key: string, args: readonly Argument[]): Promise<Reply> {
    return new Promise((resolve, reject) => {
      const call = new Call(name, [key, ...args], key, undefined, this.#runtime.now(), this.#deadlineMs, resolve, reject);
      this.#book.add(call);
      this.#gate.pass(call, this.#route);
    });
  }

  /** To one server, also before the gate is open. */
  commandOver(line: NodeLine, name: string, args: readonly Argument[], deadlineMs: number = this.#deadlineMs): Promise<Reply> {
    return new Promise((resolve, reject) => {
      const call = new Call(name, [...args], undefined, undefined, this.#runtime.now(), deadlineMs, resolve, reject);
      this.#book.add(call);
      line.send(call);
    });
  }

  readonly #route = (call: Call): void => { this.#router.send(call); };
}

function scriptArguments({ sha }: Script, keys: readonly string[], args: readonly Argument[]): Argument[] {
  const all: Argument[] = [sha, keys.length];
  for (const key of keys) all.push(key);
  for (const arg of args) all.push(arg);
  return all;
}
