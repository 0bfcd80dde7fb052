import type { SubscriptionPolicy } from '../../../port/policy.js';
import { fateOf, type Candidate } from './candidate.js';
import type { Run } from './run.js';
import type { DeskLink, Want } from './want.js';

/** A message that is to be taken, and for whom. */
export interface Grant {
  readonly candidate: Candidate;
  /** undefined: it ends here. */
  readonly link: DeskLink | undefined;
  readonly fate: 'hand-out' | 'alone' | 'spent' | 'expired';
  /** Of an ordered subscription. */
  readonly run: Run | undefined;
}

/** Who gets what. */
export interface Deal {
  readonly grants: readonly Grant[];
  /** The busy consumer that is asked to make room now. */
  readonly asked: Want | undefined;
  /** Last attempts wait that nobody could be given. */
  readonly leftAlone: number;
  /** Of somebody else's making. */
  readonly foreign: readonly string[];
  /** Nothing was to be had, and yet it is worth to look again at once. */
  readonly isMore: boolean;
}

/** Sorts what may be taken, by what is to become of it. */
export interface Sorted {
  readonly calm: readonly Candidate[];
  readonly alone: readonly Candidate[];
  readonly ending: readonly Grant[];
  readonly foreign: readonly string[];
}

export function sort(candidates: readonly Candidate[], policy: SubscriptionPolicy): Sorted {
  const sorted = { calm: new Array<Candidate>(), alone: new Array<Candidate>(), ending: new Array<Grant>(), foreign: new Array<string>() };
  for (const candidate of candidates) {
    const fate = fateOf(candidate, policy);
    if (fate === 'hand-out') sorted.calm.push(candidate);
    else if (fate === 'alone') sorted.alone.push(candidate);
    else if (fate === 'foreign') sorted.foreign.push(candidate._id);
    else sorted.ending.push({ candidate, link: undefined, fate, run: undefined });
  }
  return sorted;
}

/**
 * One round of dealing. Last attempts go to whoever has empty hands, one each and nothing beside it. Where they are left, one busy consumer is to let its hands
 * run empty; the others go on. What else there is, is split among the claims that wait.
 */
export class Table {
  readonly grants: Grant[] = [];
  leftAlone = 0;
  readonly #wants: readonly Want[];
  readonly #reserved: DeskLink | undefined;
  readonly #room: Map<Want, number>;
  #asked: Want | undefined = undefined;

  constructor(wants: readonly Want[], reserved: DeskLink | undefined) {
    this.#wants = wants;
    this.#reserved = reserved;
    this.#room = new Map(wants.map((want) => [want, want.link.runsAlone ? 0 : want.max]));
  }

  /** Whether somebody could be given a last attempt. */
  get hasIdle(): boolean {
    return this.#idle() !== undefined;
  }

  /** How many more could be handed out. */
  get room(): number {
    let room = 0;
    for (const count of this.#room.values()) room += count;
    return room;
  }

  /** It goes to somebody with empty hands, or is left. */
  alone(candidate: Candidate, run?: Run): boolean {
    const want = this.#idle();
    if (want === undefined) {
      this.leftAlone += 1;
      return false;
    }
    this.#room.set(want, 0);
    this.grants.push({ candidate, link: want.link, fate: 'alone', run });
    return true;
  }

  /** All last attempts were seen: whoever is to make room gets nothing. */
  reserve(): void {
    if (this.leftAlone === 0) return;
    const asked = this.#wants.find((want) => this.#roomOf(want) > 0);
    if (this.#reserved === undefined && asked !== undefined) this.#asked = asked;
    for (const want of this.#wants) if (want === this.#asked || want.link === this.#reserved) this.#room.set(want, 0);
  }

  /** As many of a run as somebody can take; answers how many. */
  run(candidates: readonly Candidate[], run: Run, mostOf: (link: DeskLink) => number): number {
    const want = this.#widest();
    if (want === undefined) return 0;
    const count = Math.min(candidates.length, this.#roomOf(want), mostOf(want.link));
    for (const candidate of candidates.slice(0, count)) this.grants.push({ candidate, link: want.link, fate: 'hand-out', run });
    this.#room.set(want, this.#roomOf(want) - count);
    return count;
  }

  /** As evenly as the claims allow, in stretches, so that each consumer gets what came together. */
  spread(calm: readonly Candidate[]): void {
    for (let from = 0; from < calm.length;) {
      const open = this.#wants.filter((want) => this.#roomOf(want) > 0);
      if (open.length === 0) return;
      const share = Math.ceil((calm.length - from) / open.length);
      for (const want of open) {
        const count = Math.min(share, this.#roomOf(want), calm.length - from);
        for (const candidate of calm.slice(from, from + count)) this.grants.push({ candidate, link: want.link, fate: 'hand-out', run: undefined });
        from += count;
        this.#room.set(want, this.#roomOf(want) - count);
      }
    }
  }

  deal(foreign: readonly string[], isMore: boolean): Deal {
    return { grants: this.grants, asked: this.#asked, leftAlone: this.leftAlone, foreign, isMore };
  }

  #idle(): Want | undefined {
    return this.#wants.find((want) => want.link.holding === 0 && this.#roomOf(want) === want.max);
  }

  #widest(): Want | undefined {
    let widest: Want | undefined;
    for (const want of this.#wants) if (this.#roomOf(want) > (widest === undefined ? 0 : this.#roomOf(widest))) widest = want;
    return widest;
  }

  #roomOf(want: Want): number {
    return this.#room.get(want) ?? 0;
  }
}

/** Without order. */
export function dealUnordered({ calm, alone, ending, foreign }: Sorted, wants: readonly Want[], reserved: DeskLink | undefined): Deal {
  const table = new Table(wants, reserved);
  table.grants.push(...ending);
  for (const candidate of alone) table.alone(candidate);
  table.reserve();
  table.spread(calm);
  return table.deal(foreign, false);
}
