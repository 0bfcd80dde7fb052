import { ChronowError } from '../errors.js';

/** The deepest nesting of a payload. Parsers take far more, but serialisers and tools overflow their stack. */
export const maxDepth = 200;

/** Throws `PAYLOAD_UNENCODABLE`, naming the path and never the value, where a value would not survive JSON. */
export function assertJson(value: unknown): void {
  if (value === undefined) throw unencodable('', 'it is undefined; publish null for "no value"');
  // The common case builds no paths; only what is not plainly JSON is walked again, to say where and why.
  if (!isPlainJson(value, 0)) walk(value, '', 0);
}

function isPlainJson(value: unknown, depth: number): boolean {
  switch (typeof value) {
    case 'string':
    case 'boolean':
    case 'undefined':
      return true;
    case 'number':
      return Number.isFinite(value);
    case 'object':
      return value === null || (depth < maxDepth && isPlainObject(value, depth));
    default:
      return false;
  }
}

function isPlainObject(value: object, depth: number): boolean {
  const prototype: unknown = Object.getPrototypeOf(value);
  if (prototype === Array.prototype && Array.isArray(value)) {
    const items: readonly unknown[] = value;
    for (const item of items) if (item === undefined || !isPlainJson(item, depth + 1)) return false;
    return true;
  }
  if (prototype !== Object.prototype || 'toJSON' in value) return false;
  for (const name in value) if (!isPlainJson(Reflect.get(value, name), depth + 1)) return false;
  return true;
}

function walk(value: unknown, path: string, depth: number): void {
  switch (typeof value) {
    case 'string':
    case 'boolean':
      return;
    case 'number':
      if (!Number.isFinite(value)) throw unencodable(path, `${String(value)} has no JSON form`);
      return;
    case 'object':
      if (value !== null) walkObject(value, path, depth);
      return;
    default:
      throw unencodable(path, `a value of type ${typeof value} has no JSON form`);
  }
}

function walkObject(value: object, path: string, depth: number): void {
  if (depth === maxDepth) throw unencodable(path, `it is nested deeper than ${String(maxDepth)} levels, or refers to itself`);
  if (Array.isArray(value)) {
    const items: readonly unknown[] = value;
    for (let index = 0; index < items.length; index += 1) walk(items[index], depth < 8 ? `${path}[${String(index)}]` : path, depth + 1);
    return;
  }
  if (typeof Reflect.get(value, 'toJSON') === 'function') return;
  const prototype: unknown = Object.getPrototypeOf(value);
  if (prototype !== Object.prototype && prototype !== null && !isPlainClass(value)) throw unencodable(path, `${className(value)} has no JSON form; publish a plain object or give the class toJSON()`);
  for (const name of Object.keys(value)) {
    const member: unknown = Reflect.get(value, name);
    // Undefined members vanish by JSON's own rules, as everybody expects.
    if (member !== undefined) walk(member, depth < 8 ? `${path}.${name}` : path, depth + 1);
  }
}

/** A user's class with ordinary fields is data; a built-in keeps its content where JSON does not look. */
function isPlainClass(value: object): boolean {
  return Object.prototype.toString.call(value) === '[object Object]' && !(value instanceof WeakRef) && !(value instanceof WeakMap) && !(value instanceof WeakSet);
}

function className(value: object): string {
  return Object.prototype.toString.call(value).slice(8, -1);
}

function unencodable(path: string, reason: string): ChronowError {
  return new ChronowError('PAYLOAD_UNENCODABLE', `the payload${path === '' ? '' : ` at ${path.replace(/^\./, '')}`} cannot be encoded as JSON: ${reason}`, { details: { path } });
}
