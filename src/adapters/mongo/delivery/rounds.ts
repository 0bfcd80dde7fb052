import { subscriptionDeleted } from '../../common/refusals.js';
import type { SubscriptionRef } from '../../../port/names.js';
import type { CancelTimer } from '../../../port/runtime.js';
import { newShortId } from '../layout/ids.js';
import { fateOf, type Candidate } from './candidate.js';
import { dealUnordered, sort, type Deal } from './dealing.js';
import { LaneReader } from '../order/lane-reader.js';
import { Lanes } from '../order/lanes.js';
import { dealOrdered } from '../order/ordered-deal.js';
import { Front } from './front.js';
import type { MongoLease } from './lease.js';
import type { SettleItem } from './settle-item.js';
import { Stalled, Taking, type TakingOwner } from './taking.js';
import { makeRoom, nothing, type DeskLink, type Want } from './want.js';

/** A subscription in this process, as far as claims are about it. */
export interface RoundsOwner extends TakingOwner {
  readonly ref: SubscriptionRef;
  readonly links: ReadonlySet<DeskLink>;
  readonly isDeleted: boolean;
  /** What is known of it has to be read again before anybody is handed something. */
  readonly isStale: boolean;
  readonly wasHinted: boolean;
  refresh(): Promise<void>;
  /** The lease of this pointer is over, and nobody took it yet. */
  overdue(pointer: string): void;
  /** None of ours: they become dead letters. */
  setAside(foreign: readonly Candidate[]): Promise<void>;
  poke(): Promise<void>;
}

/** Whoever waits looks so often by himself, ms: what another process gave back is not told. */
const longestMs = 5_000;

/** What fell due so long before a look was sent was ready at it, whatever it took on its way, ms. */
const marginMs = 1_000;

/** So often it is looked for what is parked and forgotten, ms. */
const auditMs = 5_000;

/** A look for what is ready: when it was sent, and what it found. */
interface Look {
  readonly at: number;
  readonly found: readonly Candidate[];
  /** There may be more than it found. */
  readonly isFull: boolean;
}

/** The most that one claim takes. */
const mostAtOnce = 1_000;

/** The one claim loop of a subscription in this process: a round finds what may be taken, takes it and deals it out to the claims that wait. */
export class Rounds {
  readonly #desk: RoundsOwner;
  #isRunning = false;
  #again = false;
  #isClosed = false;
  #armedFor = Infinity;
  #auditAt = 0;
  /** The last round found nothing but what is behind keys that are held, and cleared it away. */
  #isHidden = false;
  #cancel: CancelTimer | undefined = undefined;
  #reserved: DeskLink | undefined = undefined;

  readonly #front: Front;
  readonly #lanes: Lanes;
  readonly #taking: Taking;
  #reader: LaneReader;
  /** When somebody else's hold ends (our clock, ms). */
  #laterAt = Infinity;

  constructor(desk: RoundsOwner) {
    this.#desk = desk;
    this.#front = new Front(desk.pointers, desk.context.runtime);
    this.#lanes = new Lanes(desk.context, desk.pointers, desk.id);
    this.#taking = new Taking(desk, this.#lanes);
    this.#reader = new LaneReader(desk.context.store, desk.pointers, desk.id);
  }

  get lanes(): Lanes {
    return this.#lanes;
  }

  /** Something may have become available, or somebody waits. */
  ring(): void {
    if (this.#isClosed) return;
    this.#again = true;
    if (!this.#isRunning) void this.#run();
  }

  left(link: DeskLink): void {
    if (this.#reserved !== link) return;
    this.#reserved = undefined;
    this.ring();
  }

  /** The order of the subscription is another one. */
  reordered(): void {
    this.#reader = new LaneReader(this.#desk.context.store, this.#desk.pointers, this.#desk.id);
    this.#lanes.likely.clear();
    this.ring();
  }

  /** A lease has ended. */
  ended({ lease, kind, delayMs }: SettleItem): void {
    const { runtime } = this.#desk.context;
    if (this.#wants().length === 0) return;
    if (kind === 'retry' && delayMs > 0) this.#arm(runtime.now() + delayMs);
    else if (kind !== 'ack' || lease.isolated || this.#reserved !== undefined) this.ring();
  }

  /** A batch of settlements was carried out: the keys of its runs go free before that is answered. */
  async settled(items: readonly SettleItem[]): Promise<void> {
    // What fails is done before the next claim.
    const isFreed = items.some(({ lease }) => lease.place.run !== undefined) && (await this.#lanes.flush().catch(() => false));
    const isBack = isFreed || items.some(({ kind, delayMs }) => kind === 'release' || kind === 'leak' || (kind === 'retry' && delayMs === 0));
    if (!isBack) return;
    this.#front.reset();
    if (this.#wants().length > 0) this.ring();
    // Nobody here waits for it; somebody elsewhere may.
    else if (!isFreed) await this.#desk.poke();
  }

  close(): void {
    this.#isClosed = true;
    this.#cancel?.();
  }

  async #run(): Promise<void> {
    this.#isRunning = true;
    while (this.#again && !this.#isClosed) {
      this.#again = false;
      const wants = this.#wants();
      if (wants.length === 0) break;
      try {
        await this.#round(wants);
      } catch (error) {
        if (error instanceof Stalled) this.#repeat(wants);
        else for (const want of wants) if (want.link.want === want) this.#failed(want, error);
      }
    }
    this.#isRunning = false;
  }

  /** The machine or the server was slow: nothing is lost by that but time. */
  #repeat(wants: readonly Want[]): void {
    this.#again = true;
    for (const want of wants) {
      want.isServed = false;
      if (want.link.want === want && want.isStopped) want.answer(nothing);
    }
  }

  async #round(wants: readonly Want[]): Promise<void> {
    const desk = this.#desk;
    if (desk.isDeleted) throw subscriptionDeleted(desk.ref);
    await this.#taking.giveBack();
    await this.#lanes.flush();
    const back = await this.#takeBack(wants.filter(({ link }) => link.runsAlone || link === this.#reserved));
    // What is in the way is cleared in large steps.
    const limit = this.#isHidden ? mostAtOnce : Math.min(mostAtOnce, wants.reduce((sum, { max }) => sum + max, 0));
    const at = desk.context.runtime.now();
    const [ready] = await Promise.all([this.#front.ready(limit), desk.isStale ? desk.refresh() : undefined]);
    if (desk.isDeleted) throw subscriptionDeleted(desk.ref);
    const open = wants.filter((want) => want.link.want === want && !want.isStopped);
    for (const want of open) want.isServed = true;
    const tok = newShortId();
    const found = together(back, ready);
    const { dealt, leases } = await this.#serve(found, open, limit, tok);
    // What is parked goes back to where it was, at any time.
    if (desk.policy.order === 'none') this.#front.passed(found, dealt);
    this.#isHidden = dealt.isMore;
    this.#answer(open, leases, dealt);
    if (this.#lanes.hasEnded) await this.#freeKeys();
    if (open.some((want) => want.link.want === want)) await this.#wait(dealt.isMore || dealt.grants.length + dealt.foreign.length > 0, { at, found, isFull: ready.length >= limit });
  }

  async #serve(candidates: readonly Candidate[], open: readonly Want[], limit: number, tok: string): Promise<{ readonly dealt: Deal; readonly leases: readonly MongoLease[] }> {
    const since = this.#desk.context.runtime.now();
    try {
      const dealt = await (this.#desk.policy.order === 'none' ? this.#deal(candidates, open, limit) : this.#dealInOrder(candidates, open, limit, tok));
      if (dealt.foreign.length > 0) await this.#desk.setAside(candidates.filter(({ _id }) => dealt.foreign.includes(_id)));
      if (dealt.leftAlone === 0) this.#reserved = undefined;
      else if (dealt.asked !== undefined) this.#reserved = dealt.asked.link;
      return { dealt, leases: await this.#taking.take(dealt.grants, tok, since) };
    } finally {
      // What may have been taken is given back first.
      if (!this.#taking.isInDoubt(tok)) this.#lanes.abandon(tok);
    }
  }

  /** Of some keys nothing was taken. Whoever has his hands full now may not come back for as long as a lease lasts. */
  async #freeKeys(): Promise<void> {
    // What fails is done before the next claim.
    const isFreed = await this.#lanes.flush().catch(() => false);
    // Somebody elsewhere may have found them held.
    if (isFreed && this.#wants().length === 0) void this.#desk.poke();
  }

  #failed(want: Want, error: unknown): void {
    if (want.isStopped) want.answer(nothing);
    else want.fail(error);
  }

  /** Leases that are over and in the way of those who have them. */
  async #takeBack(wants: readonly Want[]): Promise<readonly Candidate[]> {
    const now = this.#desk.context.runtime.now();
    const late = wants.flatMap(({ link }) => [...link.leases]).filter((lease) => lease.leaseUntil <= now && lease.settling === undefined);
    if (late.length === 0) return [];
    const held = await this.#desk.pointers.held(new Map(late.map(({ place }) => [place.pointer, place.tok])));
    const running = new Set(held.filter(({ at, now: serverNow }) => at > serverNow).map(({ _id }) => _id));
    // What others took or settled meanwhile is in nobody's hands here either; whoever had it may still ask what became of his settlement.
    for (const { place: { pointer } } of late) if (!running.has(pointer)) this.#desk.overdue(pointer);
    return held.filter(({ _id }) => !running.has(_id));
  }

  async #deal(candidates: readonly Candidate[], wants: readonly Want[], limit: number): Promise<Deal> {
    const { policy, pointers } = this.#desk;
    const dealt = dealUnordered(sort(candidates, policy), wants, this.#reserved);
    if (dealt.leftAlone === 0) return dealt;
    const back = await this.#takeBack(wants);
    // Last attempts that nobody may have must not hide the rest.
    const more = candidates.length >= limit ? await pointers.ready(limit, { lastDelivery: policy.maxDeliveries - 1 }) : [];
    return dealUnordered(sort(together(back, candidates, more), policy), wants, this.#reserved);
  }

  async #dealInOrder(candidates: readonly Candidate[], wants: readonly Want[], limit: number, tok: string): Promise<Deal> {
    const { policy, pointers, context: { store } } = this.#desk;
    const back = candidates.some((candidate) => fateOf(candidate, policy) === 'alone') ? await this.#takeBack(wants) : [];
    this.#laterAt = Infinity;
    const later = (serverMs: number): void => { this.#laterAt = store.clock.toOurs(serverMs); };
    return dealOrdered(together(back, candidates), { lanes: this.#lanes, reader: this.#reader, pointers, policy, wants, reserved: this.#reserved, tok, limit, isClearing: this.#isHidden, later });
  }

  #answer(wants: readonly Want[], leases: readonly MongoLease[], { asked }: Deal): void {
    for (const want of wants) {
      want.isServed = false;
      const deliveries = leases.filter(({ holder }) => holder === want.link);
      if (deliveries.length > 0) want.answer({ deliveries, makeRoom: false });
      else if (want === asked) want.answer(makeRoom);
      else if (want.isStopped) want.answer(nothing);
    }
  }

  /** Somebody got nothing: when is there more? */
  async #wait(isMore: boolean, look: Look): Promise<void> {
    const { context: { runtime, store } } = this.#desk;
    if (isMore || this.#again) {
      this.#again = true;
      return;
    }
    // It may be the end of the subscription that was hinted at.
    if (this.#desk.wasHinted) await this.#desk.refresh();
    if (this.#desk.isDeleted) throw subscriptionDeleted(this.#desk.ref);
    await this.#audit();
    if (this.#again) return;
    // Before it is asked: what comes back meanwhile sets its own time.
    this.#disarm();
    const due = await this.#nextDue(look);
    const now = runtime.now();
    const latest = now + longestMs - Math.floor(1_000 * runtime.random());
    const dueAt = due === undefined ? Infinity : store.clock.toOurs(due);
    this.#arm(Math.min(latest, Math.max(now + 1, Math.min(dueAt, this.#laterAt, this.#lanes.nextLook()))));
  }

  /** Where a look was full, what lies behind what it found may be due for long. */
  #nextDue({ at, found, isFull }: Look): Promise<number | undefined> {
    const { pointers, context: { runtime } } = this.#desk;
    return isFull ? pointers.nextDue(0, new Set()) : pointers.nextDue(runtime.now() - at + marginMs, new Set(found.map(({ _id }) => _id)));
  }

  /** Now and then: is anything parked behind a key that nobody holds? Whoever parked it may have ended half-way, or not have heard that no order is kept any more. */
  async #audit(): Promise<void> {
    const { pointers, policy, context: { runtime } } = this.#desk;
    if (runtime.now() < this.#auditAt) return;
    this.#auditAt = runtime.now() + auditMs;
    const strays = policy.order === 'key' ? await this.#lanes.strays() : await pointers.parked(1);
    if (strays.length === 0) return;
    await pointers.unpark(policy.order === 'key' ? strays : 'all');
    this.#again = true;
  }

  #arm(time: number): void {
    if (time >= this.#armedFor || this.#isClosed) return;
    this.#disarm();
    this.#armedFor = time;
    this.#cancel = this.#desk.context.runtime.at(time, () => {
      this.#disarm();
      this.ring();
    });
  }

  #disarm(): void {
    this.#cancel?.();
    this.#cancel = undefined;
    this.#armedFor = Infinity;
  }

  #wants(): Want[] {
    return [...this.#desk.links].flatMap(({ want }) => (want === undefined || want.isStopped ? [] : [want]));
  }
}

/** Each once. */
function together(...lists: readonly (readonly Candidate[])[]): readonly Candidate[] {
  const [first = [], ...others] = lists.filter(({ length }) => length > 0);
  if (others.length === 0) return first;
  return [...new Map([first, ...others].flat().map((candidate) => [candidate._id, candidate])).values()];
}
