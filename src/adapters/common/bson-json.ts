// The server takes 179 levels; a document around a value has some of its own.
const maxDepth = 100;
const reserved: ReadonlySet<string> = new Set(['_bsontype', '__proto__', 'toBSON']);

/**
 * The value of a JSON text that comes back from BSON as the same text; undefined where it does not: `$` names, names that mean
 * something to BSON, half surrogate pairs, other spacing, numbers that are written otherwise.
 */
export function bsonJson(text: string): { readonly json: unknown } | undefined {
  try {
    const json: unknown = JSON.parse(text);
    return isKept(json, 0) && JSON.stringify(json) === text ? { json } : undefined;
  } catch {
    return undefined;
  }
}

/** Whether every server and driver takes it as a name of a field, and as nothing else. */
export function isBsonName(name: string): boolean {
  return !name.startsWith('$') && !name.includes('\0') && !reserved.has(name) && isWellFormed(name);
}

function isKept(value: unknown, depth: number): boolean {
  if (typeof value === 'string') return isWellFormed(value);
  if (typeof value !== 'object' || value === null) return true;
  if (depth === maxDepth) return false;
  if (Array.isArray(value)) return value.every((item) => isKept(item, depth + 1));
  return Object.entries(value).every(([name, member]) => isBsonName(name) && isKept(member, depth + 1));
}

function isWellFormed(text: string): boolean {
  return !/\p{Cs}/u.test(text);
}
