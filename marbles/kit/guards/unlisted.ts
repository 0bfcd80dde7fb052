import { fatesByName, withoutRenewals } from '../expect/settled.js';
import type { Problem } from '../problem.js';
import { Timeline } from '../timeline.js';
import type { Ended } from './ended.js';

/** Subscriptions in which something was settled, and of which no expectation speaks at all. */
export function unlistedSettlements({ journal, allowed, settled }: Ended): readonly Problem[] {
  if (allowed.has('settled')) return [];
  return [...journal.subscriptions.values()].flatMap((record): readonly Problem[] => {
    const rows = [...fatesByName(record)].map(([label, marks]) => ({ label, marks: withoutRenewals(marks) })).filter(({ marks }) => marks.length > 0);
    const spoken = settled.some(({ place }) => place === record.label || place === `${record.topic.label}/*`);
    if (rows.length === 0 || spoken) return [];
    const timeline = new Timeline(rows);
    return [{ title: `${record.label}: nobody expected these settlements; expectSettled('${record.label}', …), or allow('settled')`, lines: [timeline.ruler, ...rows.map((row) => timeline.row(row))] }];
  });
}
