import type { Item } from './held.js';
import { SeqQueue } from './seq-queue.js';

/** Who can have messages of a lane in hand. */
export interface Holder {
  /** Lanes it holds that have more for it. */
  readonly own: LaneList;
}

/**
 * The messages of one key in an ordered subscription, as far as they were walked over and are not settled. While one is
 * in hand or waits for its retry, later ones are handed to nobody but the holder, and to it only in rising order.
 */
export class Lane {
  readonly key: string;
  /** Who has messages of it in hand; undefined: nobody, or several from before the order was switched on. */
  holder: Holder | undefined = undefined;
  inHand = 0;
  /** How many wait for their retry: as long as one does, nothing is handed out. */
  blocked = 0;
  /** The highest place handed out since it was last free. */
  highest = -1;
  /** Walked over and not handed out, or come back. */
  readonly parked: SeqQueue<Item> = new SeqQueue();
  /** At which size an ephemeral subscription looks through it for messages that are gone. */
  sweepAt = 1_024;
  list: LaneList | undefined = undefined;
  prev: Lane | undefined = undefined;
  next: Lane | undefined = undefined;

  constructor(key: string) {
    this.key = key;
  }
}

/** Lanes in the order in which they came, linked through themselves; a lane stands in one list at most. */
export class LaneList {
  head: Lane | undefined = undefined;
  #tail: Lane | undefined = undefined;

  add(lane: Lane): void {
    lane.list = this;
    lane.prev = this.#tail;
    lane.next = undefined;
    if (this.#tail === undefined) this.head = lane;
    else this.#tail.next = lane;
    this.#tail = lane;
  }

  remove(lane: Lane): void {
    if (lane.prev === undefined) this.head = lane.next;
    else lane.prev.next = lane.next;
    if (lane.next === undefined) this.#tail = lane.prev;
    else lane.next.prev = lane.prev;
    lane.list = undefined;
    lane.prev = undefined;
    lane.next = undefined;
  }
}

/** All lanes of a subscription that have something in them. */
export class Lanes {
  readonly strict: boolean;
  readonly #lanes: Map<string, Lane> = new Map();
  /** Free, with something for anybody. */
  readonly ready: LaneList = new LaneList();
  /** Free, and next comes a last attempt that must run alone. */
  readonly alone: LaneList = new LaneList();
  readonly #runsAlone: (item: Item) => boolean;

  constructor(strict: boolean, runsAlone: (item: Item) => boolean) {
    this.strict = strict;
    this.#runsAlone = runsAlone;
  }

  /** The lane a message belongs to; undefined: it is free of any order. */
  keyOf(messageKey: string | undefined): string | undefined {
    return this.strict ? '' : messageKey;
  }

  find(key: string): Lane | undefined {
    return this.#lanes.get(key);
  }

  open(key: string): Lane {
    let lane = this.#lanes.get(key);
    if (lane === undefined) {
      lane = new Lane(key);
      this.#lanes.set(key, lane);
    }
    return lane;
  }

  values(): IterableIterator<Lane> {
    return this.#lanes.values();
  }

  /** Puts a lane where its state belongs; an empty one goes. To be called after every change of a lane. */
  place(lane: Lane): void {
    const next = lane.blocked > 0 ? undefined : lane.parked.peek();
    const target = next === undefined ? undefined : this.#listFor(lane, next);
    if (lane.list !== target) {
      lane.list?.remove(lane);
      target?.add(lane);
    }
    if (next === undefined && lane.inHand === 0 && lane.blocked === 0) this.#lanes.delete(lane.key);
  }

  #listFor(lane: Lane, next: Item): LaneList | undefined {
    if (lane.inHand === 0) return this.#runsAlone(next) ? this.alone : this.ready;
    if (lane.holder === undefined || next.seq < lane.highest || this.#runsAlone(next)) return undefined;
    return lane.holder.own;
  }

  /** One of the lane came out of somebody's hands. */
  back(lane: Lane): void {
    if (--lane.inHand > 0) return;
    lane.holder = undefined;
    lane.highest = -1;
  }
}
