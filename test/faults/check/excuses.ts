import type { RunRecord } from './record.js';

/** How long a fault is felt after its end: connections that are made anew, waits between attempts, ms. */
const afterMs = 3_000;

interface Span {
  readonly on: string;
  readonly from: number;
  to: number;
}

/** What the faults of a run excuse. */
export class Excuses {
  readonly #spans: Span[] = [];
  readonly #losses: { readonly from: number; to: number }[] = [];
  #rewinds = false;

  constructor({ events, rules }: RunRecord) {
    const open = new Map<string, { readonly span: Span; readonly loss: { readonly from: number; to: number } | undefined }>();
    for (const event of events) {
      if (event.kind === 'fault') {
        const span = { on: event.on, from: event.t, to: Infinity };
        const { hazard } = event;
        const isLoss = hazard === 'wiped' || (hazard !== undefined && hazard !== 'group-lost' && !rules.durability.survives.includes(hazard));
        this.#rewinds ||= isLoss || hazard === 'group-lost' || (hazard !== undefined && rules.durability.rewinds.includes(hazard));
        const loss = isLoss ? { from: hazard === 'wiped' ? 0 : event.t - rules.tailMs, to: Infinity } : undefined;
        this.#spans.push(span);
        if (loss !== undefined) this.#losses.push(loss);
        open.set(`${event.fault} ${event.on}`, { span, loss });
      } else if (event.kind === 'heal') {
        const found = open.get(`${event.fault} ${event.on}`);
        if (found === undefined) continue;
        found.span.to = event.t;
        if (found.loss !== undefined) found.loss.to = event.t;
      } else if (event.kind === 'stalled') this.#spans.push({ on: event.process, from: event.t - event.ms, to: event.t });
      else if (event.kind === 'process' && event.what !== 'up') this.#spans.push({ on: event.process, from: event.t, to: Infinity });
    }
  }

  /** Whether what was asked and confirmed at these times may be gone: stored before the loss, it may be confirmed after it. */
  mayBeGone(call: { readonly from: number; readonly to: number }): boolean {
    return this.#losses.some(({ from, to }) => call.to >= from && call.from <= to);
  }

  /** Whether state may have gone back. */
  get mayRewind(): boolean {
    return this.#rewinds;
  }

  /** Whether something in this time explains that a process did not do what it should have done. */
  touch(process: string, from: number, to: number): boolean {
    return this.#spans.some((span) => (span.on === process || span.on === 'all') && span.from <= to && span.to + afterMs >= from);
  }

  /** From when on all was well, seen from `t`: the end of the last fault before `until`. A process that is dead is no hindrance to others. */
  wellSince(t: number, until: number): number {
    return this.#spans.reduce((latest, { from, to }) => (from <= until && to >= t - afterMs ? Math.max(latest, Math.min(to === Infinity ? from : to, until)) : latest), t);
  }
}
