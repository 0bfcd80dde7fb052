import type { Plan } from '../plan/plan.js';
import type { RunRecord } from '../run.js';

/** What the faults of a run excuse. */
export class Disturbances {
  readonly #plan: Plan;
  readonly #goneAt = new Map<string, number>();
  readonly #callFaults = new Map<string, number[]>();

  constructor({ plan, events }: RunRecord) {
    this.#plan = plan;
    for (const event of events) {
      if (event.kind === 'gone' && event.why !== 'closed') this.#goneAt.set(event.client, event.at);
      if (event.kind === 'call-fault') {
        const times = this.#callFaults.get(event.client) ?? [];
        this.#callFaults.set(event.client, times);
        times.push(event.at);
      }
    }
  }

  goneAt(process: string): number {
    return this.#goneAt.get(process) ?? Infinity;
  }

  /** Whether something between these times explains that a process did not do in time what it should have done. */
  touch(process: string, from: number, to: number): boolean {
    if (this.goneAt(process) <= to) return true;
    const client = process.split('.')[0] ?? process;
    if (this.#callFaults.get(process)?.some((time) => time >= from - tail && time <= to) === true) return true;
    return this.#plan.faults.some((fault) => {
      if (fault.client !== client && fault.kind !== 'jump') return false;
      if (fault.client !== client && fault.client !== 'broker') return false;
      if (fault.kind === 'restart') return false;
      // A clock that jumped back makes its process late for as long as it jumped.
      const until = fault.kind === 'jump' ? fault.at + Math.abs(fault.byMs) : 'forMs' in fault ? fault.at + fault.forMs : fault.at;
      return fault.at <= to && until + tail >= from;
    });
  }

  /** Whether the broker's clock jumped between these times. */
  brokerJumped(from: number, to: number): boolean {
    return this.#plan.faults.some((fault) => fault.kind === 'jump' && fault.client === 'broker' && fault.at >= from && fault.at <= to);
  }
}

/** How long a fault is felt after its end: answers that were held up, waits between attempts, ms. */
const tail = 1_500;
