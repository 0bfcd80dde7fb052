type Patch<T> = { readonly [K in keyof T]?: T[K] | undefined };

/** `stored` with what was named; a member that is undefined was not named. */
export function merged<T extends object>(stored: T, patch: Patch<T>): T {
  const result = { ...stored };
  for (const name of namesOf(patch)) {
    const value = patch[name];
    if (value !== undefined) result[name] = value;
  }
  return result;
}

/** The named members that differ from what is stored. */
export function differing<T extends object>(stored: T, patch: Patch<T>): (keyof T & string)[] {
  return namesOf(patch).filter((name) => patch[name] !== undefined && !isSame(stored[name], patch[name]));
}

function namesOf<T extends object>(patch: Patch<T>): (keyof T & string)[] {
  return Object.keys(patch) as (keyof T & string)[];
}

function isSame(left: unknown, right: unknown): boolean {
  if (!Array.isArray(left) || !Array.isArray(right)) return left === right;
  return left.length === right.length && left.every((value, index) => value === right[index]);
}
