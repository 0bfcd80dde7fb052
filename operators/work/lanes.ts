import type { SettleAction } from '../../src/port/lease.js';
import { Fifo } from '../../src/subscription/fifo.js';

/** What stands in a lane. */
export interface LaneMember {
  /** The message's. */
  readonly id: string;
  /** The how-manieth claim of its consumer brought it. */
  readonly claimNumber: number;
  /** How many claims its consumer has sent so far. */
  readonly claimsSent: number;
  /** Its lease holds, by the clock of this process. */
  readonly isHeld: boolean;
  /** Hands the delivery back unused. */
  giveBack(): void;
}

/** The messages of one key on their way through an operator: one works, the others wait in order. */
interface Lane<Member> {
  head: Member | undefined;
  readonly waiting: Fifo<Member>;
  /** Done, and their acks sent but not confirmed: the next one runs already. */
  readonly passed: Set<Member>;
  /** What went back to the backend, in order. */
  returned: Returned<Member>[];
  /** Came while something before them was on its way back. Given back at once, a fast backend would bring them again and again. */
  held: Member[];
}

interface Returned<Member> {
  readonly member: Member;
  /** Claims up to this one were sent before its return was confirmed: they may bring what comes behind it. Infinity until then. */
  closedTo: number;
}

/**
 * Serial per key, parallel across keys. Once the work on a message is done and its ack sent within its lease, the next one runs: a
 * key would not get beyond one message a round trip otherwise. Only where that ack never arrives before the lease ends may the message
 * come again behind what ran meanwhile; the rest of what waits goes back then. After any other end a key is free only when that is
 * confirmed. What is behind a message that goes back goes back too: what waits here, and what a claim under way still brings.
 */
export class Lanes<Member extends LaneMember> {
  readonly #lanes = new Map<string, Lane<Member>>();
  /** Keys of lanes that are closed to some claim, and the last such claim. */
  readonly #closed = new Set<string>();
  #lastClosed = -1;

  /** Takes the job in, or gives it back; answers the one that may start now, this one as a rule. */
  enter(key: string, job: Member): Member | undefined {
    if (this.#closed.size > 0 && job.claimNumber > this.#lastClosed) this.#openAll();
    let lane = this.#lanes.get(key);
    if (lane === undefined) this.#lanes.set(key, (lane = { head: undefined, waiting: new Fifo(), passed: new Set(), returned: [], held: [] }));
    if (lane.returned.length > 0 && !comesInOrder(lane, job)) return undefined;
    lane.waiting.push(job);
    const next = advance(lane);
    for (const other of lane.held.splice(0)) if (comesInOrder(lane, other)) lane.waiting.push(other);
    return next;
  }

  /** The work on `job` is done and its ack sent: answers the one that may start now. */
  pass(key: string, job: Member): Member | undefined {
    const lane = this.#lanes.get(key);
    if (lane?.head !== job) return undefined;
    lane.passed.add(job);
    lane.head = undefined;
    return advance(lane);
  }

  /** A settlement of `job` is about to be sent. */
  settling(key: string, job: Member, action: SettleAction): void {
    if (action !== 'ack' && action !== 'dead-letter') this.goesBack(key, job);
  }

  /** `job` goes back to the backend, or its lease is lost: what comes behind it goes back too. */
  goesBack(key: string, job: Member): void {
    const lane = this.#lanes.get(key);
    if (lane === undefined || lane.returned.some((returned) => returned.member === job && isPending(returned))) return;
    const back = lane.head === job || lane.passed.has(job) ? [job, ...lane.waiting.drain()] : lane.waiting.takeFrom(job);
    // What was in hand comes before all that went back earlier. What was not let in stays where it was, or comes last.
    if (back.length > 0) lane.returned.unshift(...back.map((member) => ({ member, closedTo: Infinity })));
    else lane.returned.splice(placeOf(lane, job), 1, { member: job, closedTo: Infinity });
    for (const other of back) if (other !== job) other.giveBack();
  }

  /** `job` is over; answers the one that may start now. */
  leave(key: string, job: Member): Member | undefined {
    const lane = this.#lanes.get(key);
    if (lane === undefined) return undefined;
    const returned = lane.returned.find(({ member }) => member === job);
    if (returned !== undefined) {
      returned.closedTo = this.#lastClosed = job.claimsSent;
      this.#closed.add(key);
      if (!lane.returned.some(isPending)) for (const other of lane.held.splice(0)) other.giveBack();
    }
    lane.passed.delete(job);
    if (lane.head === job) lane.head = undefined;
    const next = advance(lane);
    this.#dropIfIdle(key, lane);
    return next;
  }

  /** Claims answer one after the other: a later one has come, so nothing that was sent before a return can come any more. */
  #openAll(): void {
    for (const key of this.#closed) {
      const lane = this.#lanes.get(key);
      if (lane?.returned.some(isPending) === true) continue;
      this.#closed.delete(key);
      if (lane === undefined) continue;
      lane.returned = [];
      this.#dropIfIdle(key, lane);
    }
  }

  #dropIfIdle(key: string, lane: Lane<Member>): void {
    if (lane.head === undefined && lane.returned.length === 0 && lane.passed.size === 0) this.#lanes.delete(key);
  }
}

/** Makes the next one the head, where nothing runs and the leases of what is done but not confirmed still hold; the oldest ends first. */
function advance<Member extends LaneMember>(lane: Lane<Member>): Member | undefined {
  if (lane.head !== undefined || lane.waiting.size === 0) return undefined;
  const [oldest] = lane.passed;
  if (oldest?.isHeld === false) return undefined;
  lane.head = lane.waiting.shift();
  return lane.head;
}

/**
 * Whether nothing that should come before `job` can still be out; else it is held, or given back. The backend hands out in
 * order: what was claimed after a return was confirmed comes behind whatever became of that.
 */
function comesInOrder<Member extends LaneMember>(lane: Lane<Member>, job: Member): boolean {
  const place = placeOf(lane, job);
  const earlier = new Set(lane.returned.slice(0, place).map(({ member }) => member.id));
  // A message may have been here twice: under a lease that was lost, and under the one it came again with.
  const before = lane.returned.filter(({ member }, index) => index < place || earlier.has(member.id));
  if (before.some(isPending)) {
    lane.held.push(job);
    return false;
  }
  if (before.some(({ closedTo }) => closedTo >= job.claimNumber)) {
    job.giveBack();
    return false;
  }
  lane.returned = lane.returned.filter((returned, index) => index > place && !before.includes(returned));
  return true;
}

/** Where the message stood when it went back, or the end. */
function placeOf<Member extends LaneMember>(lane: Lane<Member>, job: Member): number {
  const place = lane.returned.findIndex(({ member }) => member.id === job.id);
  return place < 0 ? lane.returned.length : place;
}

function isPending({ closedTo }: { readonly closedTo: number }): boolean {
  return closedTo === Infinity;
}
