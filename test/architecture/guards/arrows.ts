import { unreadable, type Import, type SourceFile } from '../support/source-file.js';
import { roomOf, within, type Room } from './room-table.js';

/** Arrows point down only: every import must be in the table of its room. */
export function arrows(files: readonly SourceFile[]): readonly string[] {
  const paths = new Set(files.map(({ path }) => path));
  return files.flatMap(({ path, imports }) => {
    const room = roomOf(path);
    if (room === undefined) return [`${path} is in no room; give it one in test/architecture/guards/room-table.ts`];
    return imports.flatMap((one) => {
      const problem = problemOf(room, one, paths);
      return problem === undefined ? [] : [`${path}:${String(one.line)} ${problem}`];
    });
  });
}

function problemOf(room: Room, { specifier, target, dynamic }: Import, paths: ReadonlySet<string>): string | undefined {
  const from = room.paths.join(', ');
  if (specifier === unreadable) return 'loads a module by a name that cannot be read; write import() with a literal';
  if (target === undefined) return (room.packages ?? []).includes(specifier) ? undefined : `imports '${specifier}', which ${from} must not know`;
  if (!specifier.endsWith('.js')) return `imports '${specifier}'; write the file's name with .js`;
  if (!paths.has(target)) return `imports ${target}, which is not there`;
  if (room === roomOf(target)) return undefined;
  if (dynamic) return (room.lazily ?? []).includes(target) ? undefined : `loads ${target}, which ${from} must not`;
  return room.may.some((place) => within(target, place)) ? undefined : `imports ${target}, which ${from} must not know`;
}
