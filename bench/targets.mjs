// What a figure is judged by: a bar of its own, or its ratio to another figure of the same run.
import { shown } from './figures.mjs';

const verdict = (isMet) => (isMet ? 'met' : 'missed');

export const atLeast = (bar, unit) => ({ describe: (value) => `${shown(value, unit)}, asked for ${shown(bar, unit)} or more: ${verdict(value >= bar)}` });

export const atMost = (bar, unit) => ({ describe: (value) => `${shown(value, unit)}, asked for ${shown(bar, unit)} or less: ${verdict(value <= bar)}` });

function ratio(value, peer, bar, word, isMet, medians) {
  if (!medians.has(peer)) return `run together with "${peer}" to judge it`;
  const times = value / medians.get(peer);
  return `${times.toFixed(2)} × ${peer}, asked for ${bar} or ${word}: ${verdict(isMet(times))}`;
}

export const timesAtLeast = (peer, bar) => ({ describe: (value, medians) => ratio(value, peer, bar, 'more', (times) => times >= bar, medians) });

export const timesAtMost = (peer, bar) => ({ describe: (value, medians) => ratio(value, peer, bar, 'less', (times) => times <= bar, medians) });

export const all = (...targets) => ({ describe: (value, medians) => targets.map((target) => target.describe(value, medians)).join('; ') });
