/** The places (paths from the root; a folder ends in /) that the fenced block under `## The rooms` of a README lists. */
export function mappedPlaces(readme: string): readonly string[] {
  const block = /^## The rooms$[^]*?^```\w*\n([^]*?)^```$/m.exec(readme.replaceAll('\r', ''));
  if (block?.[1] === undefined) throw new Error("README.md has no fenced block under '## The rooms'");
  const parents: string[] = [];
  return block[1].split('\n').filter((line) => line.trim() !== '').map((line) => {
    const depth = (line.length - line.trimStart().length) / 2;
    const place = (depth === 0 ? '' : (parents[depth - 1] ?? '')) + (line.trim().split(/\s/)[0] ?? '');
    parents[depth] = place;
    return place;
  });
}

/** The folders that a map must name: those at the root, and the rooms in src, src/adapters, operators and marbles. */
function roomsIn(files: readonly string[]): readonly string[] {
  const folders = new Set<string>();
  for (const path of files) {
    const parts = path.split('/').slice(0, -1);
    const depth = parts[0] === 'src' && parts[1] === 'adapters' ? 3 : ['src', 'operators', 'marbles'].includes(parts[0] ?? '') ? 2 : 1;
    for (let i = 1; i <= Math.min(depth, parts.length); i += 1) folders.add(`${parts.slice(0, i).join('/')}/`);
  }
  return [...folders].filter((folder) => !folder.startsWith('.'));
}

/** The map in the README shows the tree as it is. `files` are all paths from the root. */
export function roomMap(readme: string, files: readonly string[]): readonly string[] {
  const mapped = mappedPlaces(readme);
  const gone = mapped.filter((place) => !files.some((path) => path === place || (place.endsWith('/') && path.startsWith(place))));
  const missing = roomsIn(files).filter((folder) => !mapped.includes(folder));
  return [...gone.map((place) => `README.md maps ${place}, which is not there`), ...missing.map((folder) => `README.md does not map ${folder}`)];
}
