import { readFileSync } from 'node:fs';

export const root: URL = new URL('../../', import.meta.url);

interface Manifest {
  readonly name: string;
  readonly exports: Readonly<Record<string, string | { readonly default: string }>>;
}

/** The doors of the package and the source behind each: `dist/operators/index.js` is built from `operators/index.ts`. */
export function sourceDoors(): ReadonlyMap<string, string> {
  const { name, exports } = JSON.parse(readFileSync(new URL('package.json', root), 'utf8')) as Manifest;
  const doors = Object.entries(exports).map(([door, target]): [string, string] => {
    const built = typeof target === 'string' ? target : target.default;
    return [door.replace('.', name), built.replace(/^\.\/dist\/(.*)\.js$/, './$1.ts')];
  });
  return new Map(doors);
}
