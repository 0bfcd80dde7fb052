import type { SourceFile } from '../support/source-file.js';
import { within } from './room-table.js';

/** The one place of each package that a user may not have. */
const places: readonly (readonly [name: string, place: string])[] = [
  ['ioredis', 'src/adapters/redis'],
  ['mongodb', 'src/adapters/mongo'],
  ['chronos-db', 'src/adapters/chronos'],
  ['vitest', 'marbles/vitest.ts'],
];

/** An optional peer is named behind its door only, in types as well: the declarations must load without it, too. */
export function drivers(files: readonly SourceFile[]): readonly string[] {
  return files.flatMap(({ path, imports }) =>
    imports.flatMap(({ specifier, line }) => {
      const owner = places.find(([name]) => within(specifier, name));
      return owner === undefined || within(path, owner[1]) ? [] : [`${path}:${String(line)} imports '${specifier}'; only ${owner[1]} may`];
    }),
  );
}
