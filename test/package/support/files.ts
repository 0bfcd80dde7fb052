import { readdirSync } from 'node:fs';

/** Every file below a folder, as paths from that folder with forward slashes, sorted. */
export function filesBelow(folder: string, prefix = ''): readonly string[] {
  return readdirSync(folder, { withFileTypes: true })
    .flatMap((entry) => (entry.isDirectory() ? filesBelow(`${folder}/${entry.name}`, `${prefix}${entry.name}/`) : [`${prefix}${entry.name}`]))
    .sort();
}
