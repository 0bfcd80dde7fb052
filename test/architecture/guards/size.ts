import type { SourceFile } from '../support/source-file.js';

export const hardLimit = 350;

/** Over the limit a file is two rooms. */
export function size(files: readonly SourceFile[]): readonly string[] {
  return files.flatMap(({ path, text }) => {
    const lines = text.replace(/\n$/, '').split('\n').length;
    return lines > hardLimit ? [`${path} has ${String(lines)} lines; ${String(hardLimit)} is the limit`] : [];
  });
}
