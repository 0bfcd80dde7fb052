import type { SubscriptionPolicy } from '../../../port/policy.js';
import { fateOf, hasLapsed, isUnborn, type Candidate } from '../delivery/candidate.js';
import { sort, Table, type Deal, type Grant } from '../delivery/dealing.js';
import type { Pointers } from '../delivery/pointers.js';
import type { Run } from '../delivery/run.js';
import type { DeskLink, Want } from '../delivery/want.js';
import type { LaneReader, Lane } from './lane-reader.js';
import type { Lanes } from './lanes.js';

export interface OrderedParts {
  readonly lanes: Lanes;
  readonly reader: LaneReader;
  readonly pointers: Pointers;
  readonly policy: SubscriptionPolicy;
  readonly wants: readonly Want[];
  readonly reserved: DeskLink | undefined;
  /** Under which keys are held, and messages taken. */
  readonly tok: string;
  /** How many candidates were asked for. */
  readonly limit: number;
  /** The look before this one found nothing but what is blocked: what still is goes out of the way, or each look would go over it. */
  readonly isClearing: boolean;
  /** Somebody else's hold ends then (the server's clock, ms). */
  readonly later: (serverMs: number) => void;
}

/** What is to become of the first messages of a key. */
interface Head {
  readonly ending: readonly Grant[];
  readonly alone: Candidate | undefined;
  readonly calm: readonly Candidate[];
  /** Nothing may be taken of it: somebody has it in hand, or it waits for a retry until then. */
  readonly shut: 'in hand' | number | undefined;
}

/** Deals out runs: of each key that is free, its first messages, to one consumer. */
export async function dealOrdered(candidates: readonly Candidate[], parts: OrderedParts): Promise<Deal> {
  const { lanes, reader, pointers, policy, wants, reserved, limit, isClearing } = parts;
  const table = new Table(wants, reserved);
  const strict = policy.order === 'strict';
  const { free, byKey, foreign } = group(candidates, strict, policy);
  for (const candidate of candidates) reader.seen(candidate);
  const unordered = sort(free, policy);
  table.grants.push(...unordered.ending);
  for (const candidate of unordered.alone) table.alone(candidate);
  const blocked: Candidate[] = [];
  const tried: string[] = [];
  const room = table.room;
  for (const [key, own] of byKey) {
    if (lanes.isShut(key) && !own.some(hasLapsed)) blocked.push(...own);
    else if (own[0] !== undefined && fateOf(own[0], policy) === 'alone' && !table.hasIdle) table.leftAlone += 1;
    else if (tried.length < room) tried.push(key);
  }
  const runs = await acquire(tried, parts);
  const held = new Set(runs.map(({ key }) => key));
  for (const key of tried) if (!held.has(key)) blocked.push(...(byKey.get(key) ?? []));
  const read = await readLanes(runs, byKey, strict, parts);
  handOut(runs, read, table, parts);
  table.reserve();
  handOutRuns(runs, read, table, parts);
  table.spread(unordered.calm);
  // Where all that was seen is shut, something else may be behind it.
  const isFull = candidates.length >= limit && table.room > 0;
  const isCleared = !strict && (isFull || isClearing) && (await park(blocked, lanes, pointers));
  return table.deal(foreign, isFull && isCleared);
}

function group(candidates: readonly Candidate[], strict: boolean, policy: SubscriptionPolicy): { readonly free: readonly Candidate[]; readonly byKey: ReadonlyMap<string, Candidate[]>; readonly foreign: readonly string[] } {
  const free: Candidate[] = [];
  const byKey = new Map<string, Candidate[]>();
  const foreign: string[] = [];
  for (const candidate of candidates) {
    const key = strict ? '' : candidate.k;
    if (fateOf(candidate, policy) === 'foreign' || (key !== undefined && typeof key !== 'string')) foreign.push(candidate._id);
    else if (key === undefined) free.push(candidate);
    else byKey.set(key, [...(byKey.get(key) ?? []), candidate]);
  }
  return { free, byKey, foreign };
}

async function acquire(keys: readonly string[], { lanes, policy, tok, later }: OrderedParts): Promise<readonly Run[]> {
  if (keys.length === 0) return [];
  try {
    const { runs, nextUntil } = await lanes.holds.acquire(keys, lanes.likely, tok, policy.visibilityTimeoutMs);
    later(nextUntil);
    for (const run of runs) lanes.hold(run);
    const held = new Set(runs.map(({ key }) => key));
    for (const key of keys) if (!held.has(key)) lanes.likely.add(key);
    return runs;
  } catch (error) {
    lanes.doubt(keys, tok);
    throw error;
  }
}

async function readLanes(runs: readonly Run[], byKey: ReadonlyMap<string, readonly Candidate[]>, strict: boolean, { reader, wants }: OrderedParts): Promise<ReadonlyMap<string, Lane>> {
  if (runs.length === 0) return new Map();
  const most = Math.max(1, ...wants.map(({ link, max }) => (strict ? max : mostOf(link))));
  if (strict) return new Map([['', await reader.strict(most + 16)]]);
  return reader.byKey(runs.map(({ key, parked }) => ({ key, limit: most + 4, isDeep: parked !== undefined || (byKey.get(key)?.length ?? 0) >= Math.max(2, most) })));
}

/** What ends, and last attempts. */
function handOut(runs: readonly Run[], read: ReadonlyMap<string, Lane>, table: Table, { lanes, policy }: OrderedParts): void {
  for (const run of runs) {
    const lane = read.get(run.key);
    if (lane === undefined) continue;
    const head = headOf(lane, policy);
    if (head.shut === 'in hand') lanes.shut(run.key);
    else if (head.shut !== undefined) run.blockedUntil = head.shut;
    table.grants.push(...head.ending.map((grant) => ({ ...grant, run })));
    if (head.alone !== undefined) table.alone(head.alone, run);
  }
}

function handOutRuns(runs: readonly Run[], read: ReadonlyMap<string, Lane>, table: Table, { policy }: OrderedParts): void {
  for (const run of runs) {
    const lane = read.get(run.key);
    if (lane === undefined) continue;
    const { calm, alone } = headOf(lane, policy);
    if (alone === undefined && calm.length > 0) table.run(calm, run, policy.order === 'strict' ? () => Infinity : mostOf);
  }
}

/** So many of one key are in one hand: a quarter of the window, so that one busy key leaves room for the others. */
function mostOf({ widest }: DeskLink): number {
  return Math.max(1, Math.floor(widest / 4));
}

function headOf(lane: Lane, policy: SubscriptionPolicy): Head {
  const born = lane.filter((pointer) => !isUnborn(pointer));
  const shut = shutBy(born);
  const ending: Grant[] = [];
  const calm: Candidate[] = [];
  let alone: Candidate | undefined;
  for (const candidate of shut === undefined ? born : []) {
    const fate = fateOf(candidate, policy);
    if (fate === 'foreign') continue;
    if (fate === 'alone') {
      if (calm.length === 0) alone = candidate;
      break;
    }
    if (fate === 'hand-out') calm.push(candidate);
    // What ends in the middle of a run ends with the next one.
    else if (calm.length > 0) break;
    else ending.push({ candidate, link: undefined, fate, run: undefined });
  }
  return { ending, alone, calm, shut };
}

/** As long as one is in hand or waits for its retry, nothing is handed out. */
function shutBy(pointers: readonly Candidate[]): Head['shut'] {
  let until: number | undefined;
  for (const { at, now, tok } of pointers) {
    if (at <= now) continue;
    if (tok !== undefined) return 'in hand';
    until = Math.min(until ?? Infinity, at.getTime());
  }
  return until;
}

/** Whoever frees a key looks at its hold: what was parked in between is put back by whoever finds the hold gone. Answers whether anything went out of the way. */
async function park(blocked: readonly Candidate[], lanes: Lanes, pointers: Pointers): Promise<boolean> {
  // By what came back from a retry or a lapse its key is found again when its hold is over.
  const some = blocked.filter(({ n, tok, k }) => n === 0 && tok === undefined && k !== undefined);
  if (some.length === 0) return false;
  await pointers.park(some);
  const free = new Set(await lanes.holds.mark([...new Set(some.flatMap(({ k }) => (k === undefined ? [] : [k])))]));
  const back = some.filter(({ k }) => k !== undefined && free.has(k));
  if (back.length > 0) await pointers.unpark(back);
  return back.length < some.length;
}
