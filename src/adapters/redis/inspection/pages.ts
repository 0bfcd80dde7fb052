/** One page of something long: what was found, and where to go on ('' where it ended). */
export interface Page<T> {
  readonly found: T;
  readonly next: string;
}

/** Looks at pages until there are no more, `limit` was reached, or `isEnough` says so. `isWhole` is false where something is left unseen. */
export async function pages<T>(first: string, limit: number, look: (from: string) => Promise<Page<T>>, isEnough: (all: readonly T[]) => boolean = () => false): Promise<{ readonly all: readonly T[]; readonly isWhole: boolean }> {
  const all: T[] = [];
  let from = first;
  while (from !== '' && all.length < limit && !isEnough(all)) {
    const { found, next } = await look(from);
    all.push(found);
    from = next;
  }
  return { all, isWhole: from === '' };
}

export function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, one) => total + one, 0);
}

/** The sum, or null where one of them is unknown. */
export function sumKnown(numbers: readonly (number | null)[]): number | null {
  return numbers.reduce<number | null>((total, one) => (total === null || one === null ? null : total + one), 0);
}

export function inChunks<T>(items: readonly T[], size: number): readonly (readonly T[])[] {
  return Array.from({ length: Math.ceil(items.length / size) }, (_, chunk) => items.slice(chunk * size, (chunk + 1) * size));
}
