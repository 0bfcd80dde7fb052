import type { Invariant, Violation } from './violation.js';

export const unknownOnce: Invariant = {
  name: 'I4',
  says: 'a publish of unknown outcome is stored once or not at all, one that was refused not at all, and a resend gets the first receipts',
  check: ({ events }, { copies }) => {
    const violations: Violation[] = [];
    const answered = new Map<number, string>();
    for (const event of events) {
      if (event.kind === 'publish' || event.kind === 'publish-unknown') {
        for (const n of event.ns) if ((copies.get(n)?.size ?? 0) > 1) violations.push({ invariant: 'I4', at: event.at, n, text: `message ${n} was published once and stored as ${[...(copies.get(n) ?? [])].join(', ')}` });
      } else if (event.kind === 'publish-refused') {
        for (const n of event.ns) if (copies.has(n)) violations.push({ invariant: 'I4', at: event.at, n, text: `message ${n} was refused with ${event.code} and yet stored` });
      } else if (event.kind === 'publish-ok') {
        for (const [index, n] of event.ns.entries()) {
          const id = event.ids[index] ?? '';
          if (copies.get(n)?.has(id) !== true || answered.has(n)) violations.push({ invariant: 'I4', at: event.at, n, text: `the receipt of message ${n} names ${id}, which is not what was stored` });
          answered.set(n, id);
        }
      }
    }
    return violations;
  },
};
