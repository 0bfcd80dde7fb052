import { hashSlot, slotCount } from '../../../keys/hash-slot.js';
import { isChronowError, type ChronowError } from '../../../errors.js';
import type { Call } from './call.js';
import { slotRanges, type SlotRange } from './cluster-slots.js';
import type { Address } from './address.js';
import { chronowError, notACluster } from './errors.js';
import { NodeLine, type LineOwner } from './node-line.js';
import type { Reply } from './reply.js';
import { redirectOf, passingWords, sendLater, sendWhole } from './retrying.js';
import type { Router, RouterParts } from './router.js';
import type { Failure } from './server-error.js';

/** How long a node may take to say who owns what, ms. */
const askMs = 2_000;

/** The least time between two questions, ms. */
const askAgainMs = 100;

/** While a master is away, somebody else may become it. */
const askWhileDownMs = 500;

/** How many nodes are asked at once; the first answer counts. */
const askedAtOnce = 4;

/** After so many sends a redirected call waits a little: two nodes may name each other while a slot is being moved. */
const patience = 5;

/**
 * The masters of a cluster, one line each, and which of them owns a slot. Redirects are followed and passing refusals repeated until the call's own deadline; a
 * command never shares a pipeline, so that nothing is bound to the slots of others.
 */
export class ClusterRouter implements Router, LineOwner {
  readonly #parts: RouterParts;
  readonly #seeds: readonly Address[];
  readonly #mapped: (address: Address) => Address;
  readonly #lines = new Map<string, NodeLine>();
  readonly #slots = new Array<NodeLine | undefined>(slotCount).fill(undefined);
  #masters: readonly NodeLine[] = [];
  #unrouted: Call[] = [];
  #isAsking = false;
  #askedAt = 0;
  #isClosed = false;

  constructor(parts: RouterParts, seeds: readonly Address[], mapped: (address: Address) => Address) {
    this.#parts = parts;
    this.#seeds = seeds;
    this.#mapped = mapped;
  }

  open(): void {
    this.#ask();
  }

  send(call: Call): void {
    call.isAsking = false;
    if (this.#masters.length === 0) {
      this.#unrouted.push(call);
      this.#ask();
      return;
    }
    const line = this.ownerOf(call.key ?? '');
    if (line === undefined) this.#again(call);
    else line.send(call);
  }

  masters(): readonly NodeLine[] {
    return this.#masters;
  }

  ownerOf(key: string): NodeLine | undefined {
    return this.#slots[hashSlot(key)];
  }

  doubt(): void {
    this.#ask();
  }

  close(): void {
    this.#isClosed = true;
    for (const line of this.#lines.values()) line.close();
    this.#lines.clear();
    this.#masters = [];
    this.#slots.fill(undefined);
  }

  answered(call: Call, reply: Reply): void {
    this.#parts.book.answer(call, reply);
  }

  refused(call: Call, failure: Failure, line: NodeLine): void {
    if (sendWhole(call, failure, line)) return;
    const redirect = redirectOf(failure, line.address?.host);
    if (redirect !== undefined && call.sends < patience) this.#follow(call, redirect.isForGood ? redirect.slot : undefined, redirect.to);
    else if (redirect !== undefined || passingWords.has(failure.word)) this.#again(call);
    else this.#parts.book.fail(call, chronowError(failure, call));
  }

  changed(line: NodeLine): void {
    this.#parts.changed(line);
    if (line.state.kind === 'waiting') this.#ask();
  }

  idle(line: NodeLine): void {
    this.#parts.idle(line);
  }

  #follow(call: Call, slot: number | undefined, to: Address): void {
    const line = this.#lineTo(this.#mapped(to));
    call.isAsking = slot === undefined;
    if (slot !== undefined) {
      this.#slots[slot] = line;
      this.#ask();
    }
    line.send(call);
  }

  #again(call: Call): void {
    this.#ask();
    sendLater(this.#parts.lines.runtime, call, () => { this.send(call); });
  }

  #lineTo(address: Address): NodeLine {
    const name = `${address.host}:${address.port}`;
    const found = this.#lines.get(name) ?? new NodeLine(address, this, this.#parts.lines);
    this.#lines.set(name, found);
    return found;
  }

  /** Soon, once, however many want to know. */
  #ask(): void {
    if (this.#isAsking || this.#isClosed) return;
    this.#isAsking = true;
    const { runtime } = this.#parts.lines;
    runtime.at(Math.max(runtime.now(), this.#askedAt + askAgainMs), () => { void this.#askNow(); });
  }

  async #askNow(): Promise<void> {
    const { runtime } = this.#parts.lines;
    let ranges: readonly SlotRange[] = [];
    try {
      ranges = await Promise.any(this.#candidates().map(async (line) => slotRanges(await this.#parts.ask(line, 'cluster', ['slots'], askMs), line.address?.host)));
    } catch (error) {
      this.#notAnswered(error);
    }
    this.#askedAt = runtime.now();
    this.#isAsking = false;
    if (this.#isClosed) return;
    if (ranges.length > 0) this.#learn(ranges);
    if (ranges.length === 0 || this.#masters.some(({ state }) => state.kind === 'waiting')) runtime.at(runtime.now() + askWhileDownMs, () => { this.#ask(); });
  }

  /** Those that answer, then those that may, then the seeds. */
  #candidates(): readonly NodeLine[] {
    const { runtime } = this.#parts.lines;
    const known = [...this.#lines.values()];
    const ready = known.filter(({ state }) => state.kind === 'ready');
    const start = Math.floor(runtime.random() * ready.length);
    const turned = [...ready.slice(start), ...ready.slice(0, start)].slice(0, askedAtOnce);
    return turned.length > 0 ? turned : [...new Set([...known, ...this.#seeds.map((seed) => this.#lineTo(seed))])];
  }

  #notAnswered(error: unknown): void {
    const errors: readonly unknown[] = error instanceof AggregateError ? error.errors : [error];
    const told = errors.find((one): one is ChronowError => isChronowError(one, 'UNSUPPORTED'));
    if (told !== undefined) this.#parts.fatal(/cluster support disabled/.test(told.message) ? notACluster() : told);
  }

  #learn(ranges: readonly SlotRange[]): void {
    const masters = new Set<NodeLine>();
    this.#slots.fill(undefined);
    for (const { from, to, master } of ranges) {
      const line = this.#lineTo(this.#mapped(master));
      masters.add(line);
      this.#slots.fill(line, from, to + 1);
    }
    const isNew = masters.size !== this.#masters.length || this.#masters.some((line) => !masters.has(line));
    this.#masters = [...masters];
    for (const line of this.#masters) line.open();
    this.#dismiss(masters);
    if (isNew) this.#parts.mastersChanged();
    const waiting = this.#unrouted;
    this.#unrouted = [];
    for (const call of waiting) this.send(call);
  }

  /** Whatever a server that is no master had not answered goes to the one that is. */
  #dismiss(masters: ReadonlySet<NodeLine>): void {
    for (const [name, line] of this.#lines) {
      if (masters.has(line)) continue;
      this.#lines.delete(name);
      const calls = line.takeCalls();
      line.close();
      for (const call of calls) if (call.key === undefined) this.#parts.book.fail(call, chronowError({ kind: 'reply', word: 'MOVED', text: 'the server is no master any more' }, call)); else this.send(call);
    }
  }
}
