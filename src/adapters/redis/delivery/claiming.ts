import type { ClaimAnswer } from '../../../port/delivery-store.js';
import type { RedisLease } from '../lease/lease.js';
import type { Desk, DeskLink } from './desk.js';
import { isShut } from './gate.js';
import { delay, Recovery } from './recovery.js';
import type { ShardLine } from './shard-line.js';
import type { Stop } from './stop.js';

const nothing: ClaimAnswer = Object.freeze({ deliveries: Object.freeze([]), makeRoom: false });
const makeRoom: ClaimAnswer = Object.freeze({ deliveries: Object.freeze([]), makeRoom: true });

/** What a claim needs of its consumer. */
export interface ClaimingOwner extends DeskLink {
  readonly desk: Desk;
  readonly lines: readonly ShardLine[];
  /** A last attempt is in its hands. */
  readonly runsAlone: boolean;
  /** Throws where there is nothing to claim any more. */
  check(): void;
}

/** One claim at a time: what there is, else waiting for it. */
export class Claiming {
  readonly #owner: ClaimingOwner;
  readonly #recovery: Recovery;
  #nudge: (() => void) | undefined = undefined;
  #reading: 'not' | 'with solo' | 'without solo' = 'not';
  #firstShard = 0;
  #widest = 0;

  constructor(owner: ClaimingOwner) {
    this.#owner = owner;
    this.#recovery = new Recovery(owner.desk.context.runtime);
  }

  async claim(max: number, stop: Stop): Promise<ClaimAnswer> {
    for (;;) {
      if (stop.isOver) return nothing;
      this.#owner.check();
      try {
        for (const { settling } of this.#owner.lines) if (settling.isOpen) settling.flush();
        if (this.#owner.desk.isDue) await this.#prepare();
        const answer = stop.isOver ? nothing : await this.#once(max, stop);
        this.#recovery.worked();
        if (answer !== undefined) return answer;
      } catch (error) {
        if (stop.isOver) return nothing;
        await this.#recover(error, stop);
      }
    }
  }

  /** Something changed. A read under way is ended only where the change matters to it. */
  reconsider(): void {
    this.#nudge?.();
    if (this.#reading === 'not') return;
    const { desk, holding } = this.#owner;
    if (desk.isDeleted || desk.isOutdated || desk.order !== 'none') this.#unblock();
    else if (this.#reading === 'without solo' && desk.soloShard() !== undefined && (holding === 0 || desk.reserved === undefined)) this.#unblock();
  }

  async #prepare(): Promise<void> {
    await this.#owner.desk.prepare();
    this.#owner.check();
  }

  async #once(max: number, stop: Stop): Promise<ClaimAnswer | undefined> {
    const { desk, lines, holding, runsAlone } = this.#owner;
    if (runsAlone || (holding > 0 && desk.reserved === this.#owner)) {
      await this.#pause(stop);
      return undefined;
    }
    const shard = desk.soloShard();
    if (shard !== undefined && holding === 0) {
      const lease = await lines[shard.keys.shard]?.takeSolo();
      if (shard.soloUnread === 0) desk.soloChanged();
      else desk.roomIsMade();
      return lease === undefined ? undefined : { deliveries: [lease], makeRoom: false };
    }
    if (shard !== undefined && desk.asksForRoom(this.#owner)) return makeRoom;
    const leases = await this.#read(max, stop);
    return leases.length > 0 ? { deliveries: leases, makeRoom: false } : undefined;
  }

  async #read(asked: number, stop: Stop): Promise<readonly RedisLease[]> {
    const { lines } = this.#owner;
    const max = this.#atOnce(asked);
    const [only] = lines;
    if (only !== undefined && lines.length === 1) {
      if (max === 1 || only.upkeep.retryLikely) {
        const leases = await only.take(max);
        if (leases.length > 0 || stop.isOver) return leases;
      }
      return this.#wait([only], max, stop);
    }
    const leases = await this.#takeAll(max);
    if (leases.length > 0 || stop.isOver) return leases;
    return this.#wait(lines, max, stop);
  }

  /** Of a large window half is enough: while it is worked on and settled, the other half is read. A small one would only be read more often. */
  #atOnce(asked: number): number {
    if (asked > this.#widest) this.#widest = asked;
    return this.#widest >= 64 ? Math.min(asked, Math.ceil(this.#widest / 2)) : asked;
  }

  /** What there is in many shards now: the credit is split, and the first shard is another one each time. */
  async #takeAll(max: number): Promise<readonly RedisLease[]> {
    const { lines } = this.#owner;
    const turned = lines.map((_, index) => lines[(index + this.#firstShard) % lines.length]).filter((line) => line !== undefined);
    this.#firstShard = (this.#firstShard + 1) % lines.length;
    for (let from = 0; from < turned.length; from += max) {
      const some = turned.slice(from, from + max);
      const found = await Promise.all(some.map((line, index) => line.take(Math.floor(max / some.length) + (index < max % some.length ? 1 : 0))));
      const leases = found.flat();
      if (leases.length > 0) return leases;
    }
    return [];
  }

  /** Waits on all shards; the first to answer ends the others, whose answers may bring more. */
  async #wait(lines: readonly ShardLine[], max: number, stop: Stop): Promise<readonly RedisLease[]> {
    const withSolo = this.#owner.holding === 0;
    const unwatch = stop.then(() => { this.#unblock(); });
    this.#reading = withSolo ? 'with solo' : 'without solo';
    try {
      const share = Math.max(1, Math.floor(max / lines.length));
      const reads = lines.map((line) => line.wait(share, withSolo));
      if (stop.isOver) this.#unblock();
      if (lines.length === 1) return (await reads[0]) ?? [];
      await Promise.race(reads).catch(() => undefined);
      this.#unblock();
      const results = await Promise.allSettled(reads);
      const leases = results.flatMap((result) => (result.status === 'fulfilled' ? result.value : []));
      const failed = results.find((result) => result.status === 'rejected');
      if (leases.length === 0 && failed !== undefined) throw failed.reason;
      return await this.#within(max, leases);
    } finally {
      this.#reading = 'not';
      unwatch();
    }
  }

  /** Shards that answered at the same time may have brought too much together. */
  async #within(max: number, leases: readonly RedisLease[]): Promise<readonly RedisLease[]> {
    const alone = leases.find(({ isolated }) => isolated);
    const kept = alone === undefined ? leases.slice(0, max) : [alone];
    const surplus = leases.filter((lease) => !kept.includes(lease));
    for (const line of this.#owner.lines) {
      const own = surplus.filter(({ shard }) => shard === line.upkeep.keys.shard);
      if (own.length > 0) await line.giveBack(own);
    }
    return kept;
  }

  /** Until something changes. Leases of ours may have been ended by others meanwhile, who do not tell. */
  async #pause(stop: Stop): Promise<void> {
    const { runtime } = this.#owner.desk.context;
    const nudged = new Promise<void>((resolve) => { this.#nudge = resolve; });
    await Promise.race([nudged, delay(runtime, 250, stop)]);
    this.#nudge = undefined;
    if (stop.isOver) return;
    for (const line of this.#owner.lines) if (line.held.isOverdue(runtime.now())) await line.audit();
  }

  async #recover(error: unknown, stop: Stop): Promise<void> {
    const { desk } = this.#owner;
    const isLoss = Recovery.meansLoss(error);
    if (!Recovery.isPassing(error) && !isShut(error)) throw error;
    if (isLoss || isShut(error)) {
      await desk.refresh();
      this.#owner.check();
    }
    // The groups are made again, and what else was lost with them.
    if (isLoss) await desk.restore();
    this.#owner.check();
    await this.#recovery.pause(stop);
  }

  #unblock(): void {
    for (const line of this.#owner.lines) line.unblock();
  }
}
