import type { SourceFile } from '../support/source-file.js';

/** No file reaches itself by imports, types included: files that need each other are one idea in several places. */
export function cycles(files: readonly SourceFile[]): readonly string[] {
  const targets = new Map(files.map(({ path, imports }) => [path, imports.flatMap(({ target }) => target ?? [])]));
  const reach = new Map(files.map(({ path }) => [path, reachable(path, targets)]));
  const told = new Set<string>();
  return files.flatMap(({ path }) => {
    if (told.has(path) || reach.get(path)?.has(path) !== true) return [];
    const circle = [...(reach.get(path) ?? [])].filter((other) => reach.get(other)?.has(path) === true).sort();
    for (const member of circle) told.add(member);
    return [circle.length === 1 ? `${path} imports itself` : `${circle.join(', ')} import each other`];
  });
}

function reachable(start: string, targets: ReadonlyMap<string, readonly string[]>): ReadonlySet<string> {
  const seen = new Set<string>();
  const open = [...(targets.get(start) ?? [])];
  for (let next = open.pop(); next !== undefined; next = open.pop()) {
    if (seen.has(next)) continue;
    seen.add(next);
    open.push(...(targets.get(next) ?? []));
  }
  return seen;
}
