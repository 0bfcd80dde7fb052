import type { Address } from '../backend/backend.js';
import type { HistoryEvent } from '../history/event.js';
import type { MemberReport } from '../stage/member.js';
import type { MemberPlan } from '../stage/plan.js';

/** What a child is told. */
export type Order =
  | { readonly order: 'begin'; readonly plan: MemberPlan; readonly seed: number; readonly address: Address; readonly folder: string }
  | { readonly order: 'healed' }
  | { readonly order: 'close'; readonly limitMs: number };

/** What it says. */
export type Word =
  | { readonly word: 'ready' | 'up' | 'published' }
  | { readonly word: 'event'; readonly event: HistoryEvent }
  | { readonly word: 'closed'; readonly report: MemberReport };
