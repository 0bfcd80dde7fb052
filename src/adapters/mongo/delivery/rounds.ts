import { subscriptionDeleted } from '../../common/refusals.js';
import type { CancelTimer } from '../../../port/runtime.js';
import { newShortId } from '../layout/ids.js';
import { pointerState } from '../layout/pointer-document.js';
import type { Candidate } from './candidate.js';
import { deal, sort, type Deal, type Grant } from './dealing.js';
import type { Desk } from './desk.js';
import { takeIn, type Won } from './intake.js';
import { MongoLease } from './lease.js';
import type { SettleItem } from './settle-item.js';
import { makeRoom, nothing, type DeskLink, type Want } from './want.js';

/** Whoever waits looks so often by himself, ms: what another process gave back is not told. */
const longestMs = 5_000;

/** The most that one claim takes. */
const mostAtOnce = 1_000;

/** The one claim loop of a subscription in this process: a round finds what may be taken, takes it and deals it out to the claims that wait. */
export class Rounds {
  readonly #desk: Desk;
  #isRunning = false;
  #again = false;
  #isClosed = false;
  #cancel: CancelTimer | undefined = undefined;
  #reserved: DeskLink | undefined = undefined;
  /** Taken, perhaps, by a claim that had no answer. */
  #orphans: { readonly tok: string; readonly ids: readonly string[] }[] = [];

  constructor(desk: Desk) {
    this.#desk = desk;
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
    this.ring();
  }

  /** A lease has ended. */
  ended({ lease, kind, delayMs }: SettleItem): void {
    const { runtime } = this.#desk.context;
    if (this.#wants().length === 0) return;
    if (kind === 'retry' && delayMs > 0) this.#arm(runtime.now() + delayMs);
    else if (kind !== 'ack' || lease.isolated || this.#reserved !== undefined) this.ring();
  }

  /** A batch of settlements was carried out. */
  async settled(items: readonly SettleItem[]): Promise<void> {
    const isBack = items.some(({ kind, delayMs }) => kind === 'release' || kind === 'leak' || (kind === 'retry' && delayMs === 0));
    // Nobody here waits for it; somebody elsewhere may.
    if (isBack && this.#wants().length === 0) await this.#desk.poke();
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
        for (const want of wants) if (want.link.want === want) this.#failed(want, error);
      }
    }
    this.#isRunning = false;
  }

  async #round(wants: readonly Want[]): Promise<void> {
    const desk = this.#desk;
    await this.#giveBackOrphans();
    const back = await this.#takeBack(wants.filter(({ link }) => link.runsAlone || link === this.#reserved));
    const limit = Math.min(mostAtOnce, wants.reduce((sum, { max }) => sum + max, 0));
    const [ready] = await Promise.all([desk.pointers.ready(limit), desk.isStale ? desk.refresh() : undefined]);
    if (desk.isDeleted) throw subscriptionDeleted(desk.ref);
    const open = wants.filter((want) => want.link.want === want && !want.isStopped);
    for (const want of open) want.isServed = true;
    const dealt = await this.#deal(together(back, ready), open, limit);
    const leases = await this.#take(dealt.grants);
    this.#answer(open, leases, dealt);
    if (open.some((want) => want.link.want === want)) await this.#wait(dealt.grants.length > 0);
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
    const over = await this.#desk.pointers.over(new Map(late.map(({ place }) => [place.pointer, place.tok])));
    for (const { _id } of over) this.#desk.lapsed(_id);
    return over;
  }

  async #deal(candidates: readonly Candidate[], wants: readonly Want[], limit: number): Promise<Deal> {
    const { policy, pointers } = this.#desk;
    let sorted = sort(candidates, policy);
    let dealt = deal(sorted, wants, this.#reserved);
    if (dealt.leftAlone > 0) {
      const back = await this.#takeBack(wants);
      // Last attempts that nobody may have must not hide the rest.
      const more = candidates.length >= limit ? await pointers.ready(limit, { lastDelivery: policy.maxDeliveries - 1 }) : [];
      sorted = sort(together(back, candidates, more), policy);
      dealt = deal(sorted, wants, this.#reserved);
    }
    if (dealt.foreign.length > 0) await pointers.setAside(dealt.foreign);
    if (dealt.leftAlone === 0) this.#reserved = undefined;
    else if (dealt.asked !== undefined) this.#reserved = dealt.asked.link;
    return dealt;
  }

  /** What was won, in order. */
  async #take(grants: readonly Grant[]): Promise<readonly MongoLease[]> {
    if (grants.length === 0) return [];
    const { pointers, policy, id: subscription, settling, context: { runtime } } = this.#desk;
    const tok = newShortId();
    const candidates = grants.map(({ candidate }) => candidate);
    const bodies = candidates.filter(({ b }) => b === undefined).map(({ m }) => m);
    const leaseUntil = runtime.now() + policy.visibilityTimeoutMs;
    const taking = pointers.take({ candidates, tok, leaseMs: policy.visibilityTimeoutMs, states: [pointerState.live] });
    const stored = pointers.messages(bodies);
    stored.catch(() => undefined);
    const counts = await this.#known(taking, tok, candidates);
    const won = grants.flatMap((grant): Won[] => {
      const count = counts.get(grant.candidate._id);
      return count === undefined ? [] : [{ grant, count, run: undefined }];
    });
    const messages = await this.#known(this.#all(stored, won), tok, candidates);
    const leases: MongoLease[] = [];
    const ends: SettleItem[] = [];
    for (const one of won) {
      this.#desk.reportLapse(one);
      const taken = takeIn(one, messages.get(one.grant.candidate.m), { subscription, tok, leaseUntil, policy });
      if (taken instanceof MongoLease) leases.push(taken);
      else ends.push(taken);
      this.#desk.gained(taken instanceof MongoLease ? taken : taken.lease);
    }
    if (ends.length > 0) await settling.end(ends).catch(() => undefined);
    return leases;
  }

  /** A message may be stored a moment later than its pointers. */
  async #all(first: ReturnType<Desk['pointers']['messages']>, won: readonly Won[]): ReturnType<Desk['pointers']['messages']> {
    const found = await first;
    const missing = won.map(({ grant: { candidate } }) => candidate).filter(({ b, m }) => b === undefined && !found.has(m)).map(({ m }) => m);
    return missing.length === 0 ? found : new Map([...found, ...(await this.#desk.pointers.messages(missing))]);
  }

  async #known<T>(answer: Promise<T>, tok: string, candidates: readonly Candidate[]): Promise<T> {
    try {
      return await answer;
    } catch (error) {
      this.#orphans.push({ tok, ids: candidates.map(({ _id }) => _id) });
      throw error;
    }
  }

  /** What a claim without an answer took. */
  async #giveBackOrphans(): Promise<void> {
    for (let orphan = this.#orphans[0]; orphan !== undefined; orphan = this.#orphans[0]) {
      await this.#desk.pointers.giveBack(orphan.ids, orphan.tok);
      this.#orphans.shift();
    }
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
  async #wait(isMore: boolean): Promise<void> {
    const { pointers, context: { runtime, store } } = this.#desk;
    if (isMore || this.#again) {
      this.#again = true;
      return;
    }
    const due = await pointers.nextDue();
    const now = runtime.now();
    const latest = now + longestMs - Math.floor(1_000 * runtime.random());
    this.#cancel?.();
    this.#cancel = undefined;
    this.#armedFor = Infinity;
    this.#arm(due === undefined ? latest : Math.min(latest, Math.max(now + 1, store.clock.toOurs(due))));
  }

  #armedFor = Infinity;

  #arm(time: number): void {
    if (time >= this.#armedFor || this.#isClosed) return;
    this.#cancel?.();
    this.#armedFor = time;
    this.#cancel = this.#desk.context.runtime.at(time, () => {
      this.#armedFor = Infinity;
      this.#cancel = undefined;
      this.ring();
    });
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
