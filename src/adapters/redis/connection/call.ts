import type { ChronowError } from '../../../errors.js';
import type { Argument } from './connection.js';
import type { Asked } from './errors.js';
import type { Reply } from './reply.js';
import type { Script } from './script.js';
import type { Failure } from './server-error.js';

/** Whoever has a call in its hands. */
export interface Carrier {
  /** It will not be waited for any longer: whatever may still send it must not. */
  giveUp(call: Call): void;
  /** Nothing came back for long although something should. */
  checkStall(now: number): void;
}

/** A WAIT that goes out right behind a call. */
export interface Confirm {
  readonly replicas: number;
  readonly timeoutMs: number;
  readonly told: (replicas: number) => void;
}

/** A command that somebody waits for. One is made for each command of the adapter: few fields, no copies. */
export class Call implements Asked {
  name: string;
  args: Argument[];
  readonly key: string | undefined;
  readonly startedAt: number;
  readonly deadlineAt: number;
  /** Where this runs one. */
  readonly script: Script | undefined;
  readonly resolve: (reply: Reply) => void;
  readonly reject: (error: ChronowError) => void;
  /** Where it is; undefined between two attempts. */
  carrier: Carrier | undefined = undefined;
  /** When it was written to the socket that owes the answer; 0: none does. */
  sentAt = 0;
  /** How often it was written. */
  sends = 0;
  /** Why it had to be tried again. */
  last: Failure | undefined = undefined;
  done = false;
  /** The slot is on its way to that server, which takes it only with an ASKING before it. */
  isAsking = false;
  confirm: Confirm | undefined = undefined;

  constructor(name: string, args: Argument[], key: string | undefined, script: Script | undefined, startedAt: number, deadlineMs: number, resolve: (reply: Reply) => void, reject: (error: ChronowError) => void) {
    this.name = name;
    this.args = args;
    this.key = key;
    this.script = script;
    this.startedAt = startedAt;
    this.deadlineAt = startedAt + deadlineMs;
    this.resolve = resolve;
    this.reject = reject;
  }

  get label(): string {
    return this.script === undefined ? `command ${this.name}` : `script ${this.script.name}`;
  }
}
