type Target = string | Readonly<Record<string, string>>;

export interface Manifest {
  readonly exports: Readonly<Record<string, Target>>;
  readonly files: readonly string[];
}

/** Every door leads to a file that is built and packed, types first. `built` are paths from the package's root. */
export function doors({ exports, files }: Manifest, built: readonly string[]): readonly string[] {
  const there = new Set(built);
  return Object.entries(exports).flatMap(([door, target]) => {
    if (typeof target === 'string') return target === './package.json' ? [] : [`the door ${door} is a plain path; write types and default`];
    const conditions = Object.keys(target).join(', ');
    if (conditions !== 'types, default') return [`the door ${door} has the conditions ${conditions}; types, default is expected, in this order`];
    return Object.values(target).flatMap((file) => {
      if (!there.has(file.slice(2))) return [`the door ${door} leads to ${file}, which is not built`];
      return files.includes(file.split('/')[1] ?? '') ? [] : [`the door ${door} leads to ${file}, which is not packed`];
    });
  });
}

/** What the compiler makes of the sources of the package. */
export function emittedFor(sources: readonly string[]): readonly string[] {
  return sources.flatMap((path) => ['.js', '.d.ts'].map((ending) => `dist/${path.replace(/\.ts$/, ending)}`));
}
