import type { Broker } from '../../../src/port/broker.js';
import type { Runtime } from '../../../src/port/runtime.js';
import type { HistoryEvent } from '../history/event.js';
import { Journal } from '../history/journal.js';
import { Member, type MemberReport } from './member.js';
import type { MemberPlan } from './plan.js';

/** A member as the stage moves it, wherever it lives. */
export interface Actor {
  readonly name: string;
  /** Resolves when it has begun. */
  readonly up: Promise<void>;
  /** Every publish and write of it has an outcome, or it is gone. */
  readonly published: Promise<void>;
  /** Gone before its time. */
  readonly gone: Promise<void>;
  readonly isGone: boolean;
  /** The last fault is over. */
  healed(): void;
  close(limitMs: number): Promise<MemberReport>;
  kill(): void;
  /** The run is over without it: nothing of it stays. */
  abandon(): Promise<void>;
  /** By SIGTERM; answers with the exit code, null where it did not end by itself. */
  terminate(limitMs: number): Promise<number | null>;
  freeze(): void;
  thaw(): void;
}

/** A member in this process: cheap; it can be cut off, but not killed. */
export function actHere(plan: MemberPlan, seed: number, broker: Broker, runtime: Runtime, folder: string, heard: (event: HistoryEvent) => void): Actor {
  const journal = new Journal(folder, plan.name, heard);
  const member = new Member(plan, seed, broker, runtime, journal);
  const begun = member.begin();
  const cannot = (): never => { throw new Error(`${plan.name} lives here; only a child can be killed or frozen`); };
  return {
    name: plan.name,
    up: begun.then(() => undefined),
    published: begun.then(({ published }) => published),
    gone: new Promise(() => undefined),
    isGone: false,
    healed: () => { member.healed(); },
    close: async (limitMs) => {
      const report = await member.close(limitMs);
      journal.close();
      return report;
    },
    kill: cannot,
    abandon: async () => {
      await member.close(1_000);
      journal.close();
    },
    terminate: cannot,
    freeze: cannot,
    thaw: cannot,
  };
}
