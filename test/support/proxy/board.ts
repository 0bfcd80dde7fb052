import type { Told } from './dialogue.js';
import type { Aim, Fault, Injected } from './faults.js';

type OfKind<K extends Fault['kind']> = Extract<Fault, { readonly kind: K }>;

/** What becomes of a frame. A number: so many of its bytes pass, and then the connection closes. */
export type Verdict = 'pass' | 'drop' | 'swallow' | number;

class Active implements Injected {
  readonly fault: Fault;
  readonly struck: Promise<void>;
  strikes = 0;
  /** What was counted towards it: requests, replies or bytes. */
  counted = 0;
  readonly remove: () => void;
  #first: () => void = () => undefined;

  constructor(fault: Fault, remove: (self: Active) => void) {
    this.fault = fault;
    this.remove = () => remove(this);
    this.struck = new Promise((resolve) => {
      this.#first = resolve;
    });
  }

  strike(): void {
    this.strikes += 1;
    this.#first();
  }

  /** Counts one that the aim is about, and says whether it strikes. */
  hits({ nth = 1, times = 1 }: Aim): boolean {
    this.counted += 1;
    if (this.counted < nth || this.counted >= nth + times) return false;
    this.strike();
    return true;
  }
}

/** The faults that are set, and what they have counted. */
export class Board {
  #active: readonly Active[] = [];

  add(fault: Fault): Injected {
    const active = new Active(fault, (self) => {
      this.#active = this.#active.filter((other) => other !== self);
    });
    this.#active = [...this.#active, active];
    return active;
  }

  clear(): void {
    this.#active = [];
  }

  /** The first of its kind that is set. */
  get<K extends Fault['kind']>(kind: K): OfKind<K> | undefined {
    return this.#active.map(({ fault }) => fault).find((fault): fault is OfKind<K> => fault.kind === kind);
  }

  refuses(): boolean {
    const refusing = this.#active.find(({ fault }) => fault.kind === 'refuse');
    refusing?.strike();
    return refusing !== undefined;
  }

  /** Whether nothing comes back on any connection. */
  mutesAll(): boolean {
    return this.#active.some(({ fault, strikes }) => fault.kind === 'swallow' && fault.everywhere === true && strikes > 0);
  }

  ofRequest(names: readonly string[], bytes: Buffer): Verdict {
    let verdict: Verdict = 'pass';
    for (const active of this.#active) {
      const { fault } = active;
      if (fault.kind === 'drop-request' && isMeant(fault, names) && active.hits(fault)) verdict = 'drop';
    }
    return verdict === 'pass' ? this.#cut('requests', bytes) : verdict;
  }

  ofReply(names: readonly string[], { bytes, empty }: Told): Verdict {
    let verdict: Verdict = 'pass';
    for (const active of this.#active) {
      const { fault } = active;
      if (fault.kind !== 'drop-reply' && fault.kind !== 'swallow') continue;
      if (!isMeant(fault, names) || (fault.filled === true && empty) || !active.hits(fault)) continue;
      verdict = fault.kind === 'swallow' ? 'swallow' : 'drop';
    }
    return verdict === 'pass' ? this.ofUnasked(bytes) : verdict;
  }

  /** Of what the server says without being asked, only the bytes count. */
  ofUnasked(bytes: Buffer): Verdict {
    return this.#cut('replies', bytes);
  }

  #cut(direction: 'replies' | 'requests', bytes: Buffer): Verdict {
    for (const active of this.#active) {
      const { fault } = active;
      if (fault.kind !== 'cut-after' || (fault.of ?? 'replies') !== direction || active.strikes > 0) continue;
      const left = fault.bytes - active.counted;
      active.counted += bytes.length;
      if (left >= bytes.length) continue;
      active.strike();
      return left;
    }
    return 'pass';
  }
}

function isMeant({ command }: Aim, names: readonly string[]): boolean {
  return command === undefined || names.includes(command.toLowerCase());
}
