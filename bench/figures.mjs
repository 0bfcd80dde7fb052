export function median(figures) {
  const sorted = [...figures].sort((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)];
}

export function percentile(figures, share) {
  const sorted = [...figures].sort((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))];
}

export function rate(perSecond) {
  if (perSecond >= 1e6) return `${(perSecond / 1e6).toFixed(2)} M/s`;
  return perSecond >= 1e4 ? `${Math.round(perSecond / 1e3)} k/s` : `${Math.round(perSecond)} /s`;
}

export function shown(value, unit) {
  return unit === undefined ? rate(value) : `${value.toFixed(unit.digits ?? 0)} ${unit.name}`;
}

export function table(cases, medians) {
  const rows = cases.map(({ name, unit }) => [name, shown(medians.get(name), unit)]);
  const width = Math.max(...rows.map(([name]) => name.length));
  return rows.map(([name, figure]) => `${name.padEnd(width)}  ${figure.padStart(14)}`).join('\n');
}

/** Messages a second of `work`, which resolves when `count` messages are through. */
export async function perSecond(count, work) {
  const start = process.hrtime.bigint();
  await work();
  return count / (Number(process.hrtime.bigint() - start) / 1e9);
}
