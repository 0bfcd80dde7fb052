import { firstValueFrom, timeout } from 'rxjs';
import type { TopicRef } from '../../../src/port/names.js';
import { until } from '../../support/servers/until.js';
import type { Stage } from './stage.js';

export interface Drained {
  readonly drained: boolean;
  readonly left: readonly string[];
}

/** Waits until every publish has an outcome and everything is worked off, by the store's own counts, twice. */
export async function drain(stage: Stage): Promise<Drained> {
  const { actors, plan } = stage;
  const began = performance.now();
  const leftMs = (): number => Math.max(1, plan.drainMs - (performance.now() - began));
  const published = await doneBy(Promise.all([...actors.values()].map((actor) => actor.published)), leftMs());
  if (!published) return { drained: false, left: ['a publish or a write has no outcome'] };
  let left: readonly string[] = ['nothing is known'];
  let quiet = 0;
  try {
    await until('everything is worked off', async () => {
      left = await leftIn(stage);
      quiet = left.length === 0 ? quiet + 1 : 0;
      return quiet >= 2 && watchersAreThere(stage, await keysOf(stage));
    }, leftMs());
    return { drained: true, left: [] };
  } catch {
    // What is wrong with a watcher the checker says.
    return { drained: left.length === 0, left };
  }
}

/** The topics of a plan, each once. */
export function topicsOf({ plan }: Stage): readonly TopicRef[] {
  const found = new Map(plan.subscriptions.map(({ tenantId = 'default', topic }) => [`${tenantId} ${topic}`, { tenantId, namespace: 'default', topic }]));
  return [...found.values()];
}

async function leftIn(stage: Stage): Promise<readonly string[]> {
  const left: string[] = [];
  for (const ref of topicsOf(stage)) {
    const { scheduled, subscriptions } = await firstValueFrom(stage.admin.inspection.stats(ref).pipe(timeout(3_000)));
    if (scheduled !== 0) left.push(`${ref.topic}: scheduled ${scheduled ?? 'unknown'}`);
    for (const { name, waiting, delayed, leased } of subscriptions) {
      for (const [state, count] of Object.entries({ waiting, delayed, leased })) if (count !== 0) left.push(`${ref.topic}/${name}: ${state} ${count ?? 'unknown'}`);
    }
  }
  return left;
}

/** What is stored under the shared keys of a plan. */
export async function keysOf({ plan, admin }: Stage): Promise<Readonly<Record<string, { readonly revision: number; readonly value: number | undefined }>>> {
  const keys = new Set(plan.members.flatMap(({ shares = [] }) => shares.map(({ key }) => key)));
  const states = await Promise.all([...keys].map(async (key) => {
    const { revision, body } = await firstValueFrom(admin.keys.get({ tenantId: 'default', namespace: 'default', key }));
    return [key, { revision, value: body === undefined ? undefined : Number(body) }] as const;
  }));
  return Object.fromEntries(states);
}

function watchersAreThere({ heard, actors }: Stage, keys: Awaited<ReturnType<typeof keysOf>>): boolean {
  const shown = new Map<string, boolean>();
  const over = new Set(heard.events.flatMap((event) => (event.kind === 'watch-status' && event.status === 'ended' ? [event.watcher] : [])));
  for (const event of heard.events) if (event.kind === 'watched' && !over.has(event.watcher) && actors.get(event.process)?.isGone === false) shown.set(`${event.watcher} ${event.key}`, event.value === keys[event.key]?.value);
  return [...shown.values()].every((isThere) => isThere);
}

function doneBy(promise: Promise<unknown>, ms: number): Promise<boolean> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => resolve(false), ms);
    promise.then(() => resolve(true), reject).finally(() => { clearTimeout(timer); });
  });
}
