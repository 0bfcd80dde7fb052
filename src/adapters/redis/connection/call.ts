import type { ChronowError } from '../../../errors.js';
import type { Argument } from './connection.js';
import type { Asked } from './errors.js';
import type { Reply } from './reply.js';
import type { Failure } from './server-error.js';

/** Whoever has a call in its hands. */
export interface Carrier {
  /** It will not be waited for any longer: whatever may still send it must not. */
  giveUp(call: Call): void;
  /** Nothing came back for long although something should. */
  checkStall(now: number): void;
}

/** A command that somebody waits for. */
export class Call implements Asked {
  name: string;
  args: Argument[];
  readonly label: string;
  readonly key: string | undefined;
  readonly startedAt: number;
  readonly deadlineAt: number;
  /** The whole script, where this runs one. */
  readonly text: string | undefined;
  /** Where it is; undefined between two attempts. */
  carrier: Carrier | undefined = undefined;
  /** When it was written to a socket, 0 while it was not. */
  sentAt = 0;
  /** How often it was written. */
  sends = 0;
  /** Why it had to be tried again. */
  last: Failure | undefined = undefined;
  done = false;
  /** The slot is on its way to that server, which takes it only with an ASKING before it. */
  isAsking = false;
  /** A WAIT that goes out right behind it. */
  readonly confirm: { readonly replicas: number; readonly timeoutMs: number; readonly told: (replicas: number) => void } | undefined;
  readonly resolve: (reply: Reply) => void;
  readonly reject: (error: ChronowError) => void;

  constructor(init: Pick<Call, 'name' | 'args' | 'label' | 'key' | 'startedAt' | 'deadlineAt' | 'resolve' | 'reject'> & Partial<Pick<Call, 'text' | 'confirm'>>) {
    this.name = init.name;
    this.args = init.args;
    this.label = init.label;
    this.key = init.key;
    this.startedAt = init.startedAt;
    this.deadlineAt = init.deadlineAt;
    this.text = init.text;
    this.confirm = init.confirm;
    this.resolve = init.resolve;
    this.reject = init.reject;
  }
}
