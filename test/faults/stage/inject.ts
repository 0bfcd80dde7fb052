import { setTimeout as pause } from 'node:timers/promises';
import type { FaultKind, FaultPlan } from './plan.js';
import type { Stage } from './stage.js';

/** How long a fault waits for its moment at most, ms: where nothing moves any more, it comes all the same. */
const patienceMs = 4_000;

/** Waits for its moment, lets it happen, and ends it. */
export async function inject(stage: Stage, { what, afterDeliveries, forMs, on, hazard }: FaultPlan): Promise<void> {
  const { heard, journal } = stage;
  const from = heard.deliveries;
  await heard.until(() => heard.deliveries >= from + afterDeliveries, patienceMs);
  const fault = textOf(what);
  journal.add({ kind: 'fault', fault, on, hazard });
  const undo = await begin(stage, what, forMs);
  await undo();
  journal.add({ kind: 'heal', fault, on });
}

export function textOf(what: FaultKind): string {
  const { kind, ...rest } = what;
  return `${kind} ${JSON.stringify(rest)}`;
}

/** Begins it and lets it last; the answer ends it. */
async function begin(stage: Stage, what: FaultKind, forMs: number): Promise<() => Promise<void> | void> {
  const { servers } = stage;
  switch (what.kind) {
    case 'kill-server':
      await servers.kill();
      await pause(forMs);
      return () => servers.restart();
    case 'freeze-server':
      servers.freeze();
      await pause(forMs);
      return () => servers.thaw();
    case 'command':
      await commands(stage, what, forMs);
      return async () => { if (what.undo !== undefined) await servers.command(...what.undo); };
    case 'line': {
      const injected = servers.proxy.inject(what.fault);
      // One that counts has to strike; where nothing of the kind comes by any more, it does not.
      if (what.fault.kind === 'drop-reply' || what.fault.kind === 'drop-request' || what.fault.kind === 'cut-after' || what.fault.kind === 'swallow') await Promise.race([injected.struck, pause(patienceMs)]);
      await pause(forMs);
      return () => injected.remove();
    }
    case 'reset-line':
      servers.proxy.reset();
      return () => undefined;
    case 'pause-line':
      servers.proxy.pause();
      await pause(forMs);
      return () => servers.proxy.heal();
    case 'kill':
      stage.actor(what.member).kill();
      await stage.actor(what.member).gone;
      return () => undefined;
    case 'dies':
      await Promise.race([stage.actor(what.member).gone, pause(patienceMs)]);
      return () => undefined;
    case 'freeze':
      stage.actor(what.member).freeze();
      await pause(forMs);
      return () => stage.actor(what.member).thaw();
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

async function commands({ servers }: Stage, { args, everyMs }: Extract<FaultKind, { kind: 'command' }>, forMs: number): Promise<void> {
  const end = performance.now() + forMs;
  do {
    await servers.command(...args);
    await pause(everyMs ?? forMs);
  } while (performance.now() < end);
}
