export function median(figures) {
  const sorted = [...figures].sort((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)];
}

export function rate(perSecond) {
  return perSecond >= 1e6 ? `${(perSecond / 1e6).toFixed(2)} M/s` : `${Math.round(perSecond / 1e3)} k/s`;
}

export function table(cases, medians) {
  const rows = cases.map(({ name, unit }) => [name, unit === undefined ? rate(medians.get(name)) : `${medians.get(name).toFixed(unit.digits ?? 0)} ${unit.name}`]);
  const width = Math.max(...rows.map(([name]) => name.length));
  return rows.map(([name, figure]) => `${name.padEnd(width)}  ${figure.padStart(14)}`).join('\n');
}
