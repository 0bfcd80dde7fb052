import type { Chronow } from 'chronow';
import * as v from 'valibot';
import type { Corrections } from './corrections.js';
import type { Quake } from './quake.js';

const most = 10_000;
const withId = v.object({ id: v.string() });

/** A dead letter, as far as it matters here. */
export interface Letter {
  readonly subscription: string;
  readonly reason: string;
  /** The id of the record in it. */
  readonly recordId: string;
}

export interface Review {
  /** The dead letters that were there. */
  readonly letters: readonly Letter[];
  /** Records for which the agency had the right values. */
  readonly corrected: ReadonlySet<string>;
  /** Dead letters that went back to the subscription they came from. */
  readonly redriven: number;
}

/**
 * Goes through the dead letters of all subscriptions: files what the agency says of each damaged record as its correction,
 * and sends its dead letters back, where the handlers find the correction. What is no earthquake stays.
 */
export async function reviewDeadLetters(cw: Chronow, corrections: Corrections, agency: ReadonlyMap<string, Quake>): Promise<Review> {
  const letters: Letter[] = [];
  const corrected = new Set<string>();
  const messageIds = new Set<string>();
  for (const { id, subscription, reason, payload } of await cw.bus.peekDlq('earthquakes', most)) {
    const recordId = v.parse(withId, payload).id;
    letters.push({ subscription, reason, recordId });
    const right = agency.get(recordId);
    if (reason === 'NotAnEarthquake' || right === undefined) continue;
    if (!corrected.has(recordId)) await corrections.file(right);
    corrected.add(recordId);
    messageIds.add(id);
  }
  const redriven = await cw.bus.redriveDlq('earthquakes', { ids: [...messageIds] });
  return { letters, corrected, redriven };
}

/** The ids of the records in the dead letters, by subscription. */
export async function deadRecords(cw: Chronow): Promise<ReadonlyMap<string, readonly string[]>> {
  const dead = new Map<string, string[]>();
  for (const { subscription, payload } of await cw.bus.peekDlq('earthquakes', most)) {
    dead.set(subscription, [...(dead.get(subscription) ?? []), v.parse(withId, payload).id]);
  }
  return dead;
}
