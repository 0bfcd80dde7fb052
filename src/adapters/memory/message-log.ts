import type { OutgoingMessage } from '../../port/message.js';
import { Chunk, chunkSize, Entry, removed } from './entry.js';
import type { Rare } from './entry.js';
import { SeqQueue } from './seq-queue.js';

const chunkMask = chunkSize - 1;
const chunkShift = Math.log2(chunkSize);

/**
 * The messages of a topic by sequence number, in chunks. One may go from the middle; a chunk that is empty is freed.
 * Publish times never fall along the log, whatever the clock does.
 */
export class MessageLog {
  /** The lowest place that holds a message; {@link next} when there is none. */
  first: number;
  /** The place of the next message. */
  next: number;
  /** Messages in the log. */
  total = 0;
  /** Of those, how many some durable subscription has not settled. */
  held = 0;
  readonly #idPrefix: string;
  #chunks: (Chunk | undefined)[] = [];
  /** The place of the first slot of the first chunk. */
  #origin: number;
  #latest = 0;
  /** Every settled message below this place stands in {@link #early}. */
  #low: number;
  readonly #early: SeqQueue<Entry> = new SeqQueue();
  readonly #scheduled: Map<number, Entry> = new Map();
  #beside = 0;

  constructor(idPrefix: string, start: number) {
    this.#idPrefix = idPrefix;
    this.first = start;
    this.next = start;
    this.#origin = start;
    this.#low = start;
  }

  append(message: OutgoingMessage, publishedAt: number, pending: number, rare: Rare | undefined): Entry {
    const at = publishedAt < this.#latest ? this.#latest : publishedAt;
    this.#latest = at;
    const seq = this.next;
    const offset = seq - this.#origin;
    let chunk = this.#chunks[offset >>> chunkShift];
    if (chunk === undefined) {
      chunk = new Chunk(this.#idPrefix, at);
      this.#chunks.push(chunk);
    }
    const entry = new Entry(chunk, seq, message, at, pending, rare);
    chunk.slots.push(entry);
    chunk.live++;
    this.next = seq + 1;
    this.total++;
    if (pending > 0) this.held++;
    if (rare !== undefined && rare.scheduledAs > 0) this.#scheduled.set(rare.scheduledAs, entry);
    return entry;
  }

  at(seq: number): Entry | undefined {
    const offset = seq - this.#origin;
    if (offset < 0) return undefined;
    const chunk = this.#chunks[offset >>> chunkShift];
    return chunk === undefined ? undefined : chunk.slots[offset & chunkMask];
  }

  /** The lowest place from `seq` on that holds a message, or {@link next}. */
  nextLive(seq: number): number {
    let place = seq < this.first ? this.first : seq;
    while (place < this.next) {
      const offset = place - this.#origin;
      const chunk = this.#chunks[offset >>> chunkShift];
      if (chunk === undefined) place += chunkSize - (offset & chunkMask);
      else if (chunk.slots[offset & chunkMask] === undefined) place++;
      else return place;
    }
    return this.next;
  }

  /** The lowest place whose message was published at `time` or later, or {@link next}. */
  seek(time: number): number {
    let index = this.#chunks.length - 1;
    for (; index > 0; index--) {
      const chunk = this.#chunks[index];
      if (chunk !== undefined && chunk.since < time) break;
    }
    let place = this.nextLive(this.#origin + Math.max(0, index) * chunkSize);
    while (place < this.next && (this.at(place) as Entry).publishedAt < time) place = this.nextLive(place + 1);
    return place;
  }

  /** How many messages stand at `seq` or later. */
  countFrom(seq: number): number {
    if (seq <= this.first) return this.total;
    let count = 0;
    let place = seq;
    while (place < this.next) {
      const offset = place - this.#origin;
      const chunk = this.#chunks[offset >>> chunkShift];
      const slot = offset & chunkMask;
      if (chunk !== undefined && slot === 0) count += chunk.live;
      else if (chunk !== undefined) for (let index = slot; index < chunk.slots.length; index++) if (chunk.slots[index] !== undefined) count++;
      place += chunkSize - slot;
    }
    return count;
  }

  find(id: string): Entry | undefined {
    if (!id.startsWith(this.#idPrefix)) return undefined;
    const rest = id.slice(this.#idPrefix.length);
    if (rest.startsWith('s')) return this.#scheduled.get(Number(rest.slice(1)));
    const entry = this.at(Number(rest));
    return entry?.id === id ? entry : undefined;
  }

  /** The place an id has or had, or undefined where that cannot be told. */
  placeOf(id: string): number | undefined {
    const entry = this.find(id);
    if (entry !== undefined) return entry.seq;
    const place = id.startsWith(this.#idPrefix) ? Number(id.slice(this.#idPrefix.length)) : Number.NaN;
    return Number.isInteger(place) ? place : undefined;
  }

  /** A place of its own, between two of the log, for what is not in it: before the first message that was published at this time or later. */
  placeBeside(time: number): number {
    this.#beside = (this.#beside + 1) % 2 ** 30;
    return this.seek(time) - 0.5 + this.#beside * 2 ** -31;
  }

  /** One more durable subscription has it unsettled. */
  hold(entry: Entry): void {
    if (entry.pending === removed) return;
    if (entry.pending++ === 0) this.held++;
  }

  /** One durable subscription less has it unsettled. */
  settle(entry: Entry): void {
    if (entry.pending <= 0 || --entry.pending > 0) return;
    this.held--;
    if (entry.seq < this.#low) this.#early.push(entry);
  }

  /** When the oldest message was published; Infinity when there is none. */
  get oldestAt(): number {
    const oldest = this.at(this.first);
    return oldest === undefined ? Infinity : oldest.publishedAt;
  }

  /** The oldest settled message, also behind unsettled ones. Walks over each message once. */
  oldestSettled(): Entry | undefined {
    for (let early = this.#early.peek(); early !== undefined; early = this.#early.peek()) {
      if (early.pending === 0) return early;
      this.#early.pop();
    }
    for (this.#low = this.nextLive(this.#low); this.#low < this.next; this.#low = this.nextLive(this.#low + 1)) {
      const entry = this.at(this.#low) as Entry;
      if (entry.pending === 0) return entry;
    }
    return undefined;
  }

  remove(entry: Entry): void {
    if (entry.pending === removed) return;
    if (entry.pending > 0) this.held--;
    entry.pending = removed;
    this.total--;
    if (entry.scheduledAs > 0) this.#scheduled.delete(entry.scheduledAs);
    const offset = entry.seq - this.#origin;
    const index = offset >>> chunkShift;
    const chunk = this.#chunks[index] as Chunk;
    chunk.slots[offset & chunkMask] = undefined;
    if (--chunk.live === 0 && chunk.slots.length === chunkSize) this.#chunks[index] = undefined;
    if (entry.seq === this.first) {
      this.first = this.nextLive(entry.seq + 1);
      this.#dropEmptyHead();
    }
  }

  /** Removes everything. */
  clear(): void {
    for (let seq = this.first; seq < this.next; seq = this.nextLive(seq + 1)) this.remove(this.at(seq) as Entry);
  }

  #dropEmptyHead(): void {
    const empty = (this.first - this.#origin) >>> chunkShift;
    if (empty < 16 || empty * 2 < this.#chunks.length) return;
    this.#chunks = this.#chunks.slice(empty);
    this.#origin += empty * chunkSize;
  }
}
