import { setTimeout as pause } from 'node:timers/promises';
import type { Fault as LineFault } from '../../support/proxy/faults.js';
import type { FaultKind, FaultPlan } from './plan.js';
import type { Stage } from './stage.js';

/** How long a fault waits for its moment at most, ms: where nothing moves any more, it comes all the same. */
const patienceMs = 2_000;

/** Waits for its moment, lets it happen, and ends it. */
export async function inject(stage: Stage, { what, afterDeliveries, forMs, on, hazard }: FaultPlan): Promise<void> {
  const { heard, journal } = stage;
  const from = heard.deliveries;
  await heard.until(() => heard.deliveries >= from + afterDeliveries, patienceMs);
  const fault = textOf(what);
  journal.add({ kind: 'fault', fault, on, hazard });
  const undo = await begin(stage, what, forMs);
  const strikes = await undo();
  journal.add({ kind: 'heal', fault, on, ...(typeof strikes === 'number' ? { strikes } : {}) });
}

export function textOf(what: FaultKind): string {
  const { kind, ...rest } = what;
  return `${kind} ${JSON.stringify(rest)}`;
}

/** Begins it and lets it last; the answer ends it, and says how often it struck, where it counts. */
async function begin(stage: Stage, what: FaultKind, forMs: number): Promise<() => Promise<void> | number | undefined> {
  const { servers } = stage;
  switch (what.kind) {
    case 'kill-server':
      await servers.kill();
      await pause(forMs);
      return () => servers.restart();
    case 'freeze-server':
      await servers.freeze();
      await pause(forMs);
      return async () => { await servers.thaw(); };
    case 'command':
      await commands(stage, what, forMs);
      return async () => { if (what.undo !== undefined) await servers.command(...what.undo); };
    case 'line': {
      const injected = servers.proxy.inject(what.fault);
      // One that counts has to strike; where nothing of the kind comes by any more, it does not.
      if (isCounted(what.fault)) await Promise.race([injected.struck, pause(patienceMs)]);
      await pause(forMs);
      return () => {
        injected.remove();
        return isCounted(what.fault) ? injected.strikes : undefined;
      };
    }
    case 'reset-line':
      servers.proxy.reset();
      return () => undefined;
    case 'pause-line':
      servers.proxy.pause();
      await pause(forMs);
      return () => {
        servers.proxy.heal();
        return undefined;
      };
    case 'kill':
      stage.actor(what.member).kill();
      await stage.actor(what.member).gone;
      return () => undefined;
    case 'dies':
      await Promise.race([stage.actor(what.member).gone, pause(patienceMs)]);
      return () => undefined;
    case 'terminate':
      await stage.terminate(what.member);
      return () => undefined;
    case 'published':
      await stage.actor(what.member).published;
      return () => undefined;
    case 'freeze':
      stage.actor(what.member).freeze();
      await pause(forMs);
      return () => {
        stage.actor(what.member).thaw();
        return undefined;
      };
    case 'start':
      await stage.start(stage.member(what.member));
      return () => undefined;
    case 'close':
      await stage.close(what.member);
      return () => undefined;
    case 'change':
      await servers.change(what.how, what.topic);
      await pause(forMs);
      // What a power cut ended is started again; the others go on by themselves.
      return what.how === 'power-cut' ? () => servers.restart() : () => undefined;
    case 'act': {
      const act = stage.options.acts?.[what.act];
      if (act === undefined) throw new Error(`this row has no act ${what.act}`);
      await act(stage);
      return () => undefined;
    }
  }
}

function isCounted({ kind }: LineFault): boolean {
  return kind === 'drop-reply' || kind === 'drop-request' || kind === 'cut-after' || kind === 'swallow';
}

async function commands({ servers }: Stage, { args, everyMs }: Extract<FaultKind, { kind: 'command' }>, forMs: number): Promise<void> {
  const end = performance.now() + forMs;
  do {
    await servers.command(...args);
    await pause(everyMs ?? forMs);
  } while (performance.now() < end);
}
