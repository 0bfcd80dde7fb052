import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { parse, type SourceFile } from './source-file.js';

export const root: string = fileURLToPath(new URL('../../..', import.meta.url));

/** Made by tools, never committed. */
const generated = new Set(['node_modules', 'dist', '.cache', 'coverage', '.git']);

/** Every file below a folder, as paths from that folder with forward slashes, sorted. */
export function filesBelow(folder: string, prefix = ''): readonly string[] {
  return readdirSync(folder, { withFileTypes: true })
    .filter(({ name }) => !generated.has(name))
    .flatMap((entry) => (entry.isDirectory() ? filesBelow(`${folder}/${entry.name}`, `${prefix}${entry.name}/`) : [`${prefix}${entry.name}`]))
    .sort();
}

/** The rooms of the package below a root: src, operators and marbles, parsed. */
export function readRooms(base: string): readonly SourceFile[] {
  return filesBelow(base)
    .filter((path) => /^(src|operators|marbles)\/.*\.ts$/.test(path))
    .map((path) => parse(path, readFileSync(`${base}/${path}`, 'utf8')));
}

/** The package itself. */
export const house: readonly SourceFile[] = readRooms(root);

/** A planted tree that a guard must refuse. */
export function planted(name: string): readonly SourceFile[] {
  return readRooms(`${root}/test/fixtures/architecture/${name}`);
}
