/** What one look takes. */
export const pageSize = 1_000;

/** Answers pages until one is not full. `look` is given the last one of the page before. */
export async function* pages<T>(look: (last: T | undefined, size: number) => Promise<readonly T[]>, size: number = pageSize): AsyncGenerator<readonly T[]> {
  let last: T | undefined;
  while (true) {
    const page = await look(last, size);
    if (page.length > 0) yield page;
    last = page.at(-1);
    if (last === undefined || page.length < size) return;
  }
}

export function inChunks<T>(items: readonly T[], size: number = pageSize): readonly (readonly T[])[] {
  return Array.from({ length: Math.ceil(items.length / size) }, (_, chunk) => items.slice(chunk * size, (chunk + 1) * size));
}
