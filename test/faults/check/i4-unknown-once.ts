import type { Invariant } from './violation.js';

export const unknownOnce: Invariant = {
  name: 'I4',
  says: 'a publish is stored once, one of unknown outcome once or not at all, one that was refused not at all; a receipt names what was stored',
  check: (_record, { publishes, copies }, say, excuses) => {
    for (const { item: { n }, how, id, from, to } of publishes.values()) {
      const ids = copies.get(n) ?? new Set();
      if (excuses.mayBeGone({ from, to })) continue;
      if (ids.size > 1) say(from, `message ${n} was published once and stored as ${[...ids].join(', ')}`);
      else if (how === 'fail' && ids.size > 0) say(to, `message ${n} was refused and yet stored as ${[...ids].join(', ')}`);
      else if (how === 'ok' && ids.size > 0 && (id === undefined || !ids.has(id))) say(to, `the receipt of message ${n} names ${id ?? 'nothing'}, stored is ${[...ids].join(', ')}`);
    }
  },
};
