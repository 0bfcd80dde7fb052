import { ChronowError } from '../errors.js';

/** The deepest nesting of a payload. Parsers take far more, but serialisers and tools overflow their stack. */
export const maxDepth: number = 200;

// Dates are common, and what this makes of a valid one is known.
const dateToJson: unknown = Reflect.get(Date.prototype, 'toJSON');

/**
 * Throws `PAYLOAD_UNENCODABLE`, naming the path and never the value, where a value would not survive JSON.
 *
 * `__proto__` as the name of a member is refused, here and when decoding: a copy of such an object by assignment gets another
 * prototype.
 */
export function assertJson(value: unknown): void {
  if (value === undefined) throw unencodable('', 'it is undefined; publish null for "no value"');
  // The common case builds no paths; only what is not plainly JSON is walked again, to say where and why.
  if (!isPlainJson(value, 0)) walk(value, '', 0);
}

/** Why what a parser made may not be handed on: it is too deep, or has a member `__proto__` somewhere. */
export function flawOf(value: unknown, depth = 0): string | undefined {
  if (typeof value !== 'object' || value === null) return undefined;
  if (depth === maxDepth) return `nested deeper than ${String(maxDepth)} levels`;
  if (Array.isArray(value)) {
    const items: readonly unknown[] = value;
    for (const item of items) {
      const flaw = flawOf(item, depth + 1);
      if (flaw !== undefined) return flaw;
    }
    return undefined;
  }
  for (const name of Object.keys(value)) {
    const flaw = name === '__proto__' ? 'with a member named __proto__' : flawOf(Reflect.get(value, name), depth + 1);
    if (flaw !== undefined) return flaw;
  }
  return undefined;
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
  if (value instanceof Date) return prototype === Date.prototype && value.toJSON === dateToJson && !Number.isNaN(value.getTime());
  if ('toJSON' in value) return false;
  if (prototype === Array.prototype && Array.isArray(value)) {
    const items: readonly unknown[] = value;
    for (const item of items) if (item === undefined || !isPlainJson(item, depth + 1)) return false;
    return true;
  }
  if (prototype !== Object.prototype) return false;
  for (const name in value) if (name === '__proto__' || !isPlainJson(Reflect.get(value, name), depth + 1)) return false;
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
  if (ArrayBuffer.isView(value)) throw unencodable(path, `${className(value)} has no JSON form; publish bytes with bytesCodec, or as base64 text`);
  if (value instanceof Date && Number.isNaN(value.getTime())) throw unencodable(path, 'it is an invalid Date');
  const toJson: unknown = Reflect.get(value, 'toJSON');
  if (typeof toJson !== 'function') {
    walkMembers(value, path, depth);
    return;
  }
  const replaced: unknown = Reflect.apply(toJson, value, ['']);
  // JSON asks for toJSON once: what it answers is taken by its members.
  if (typeof replaced === 'object' && replaced !== null) walkMembers(replaced, path, depth);
  else walk(replaced, path, depth);
}

function walkMembers(value: object, path: string, depth: number): void {
  if (depth === maxDepth) throw unencodable(path, `it is nested deeper than ${String(maxDepth)} levels, or refers to itself`);
  if (Array.isArray(value)) {
    const items: readonly unknown[] = value;
    for (let index = 0; index < items.length; index += 1) walk(items[index], pathTo(path, index, depth), depth + 1);
    return;
  }
  if (!isData(value)) throw unencodable(path, `${className(value)} has no JSON form; publish a plain object or give the class toJSON()`);
  const names = Object.keys(value);
  if (names.length === 0 && !isPlain(value)) throw unencodable(path, 'an instance of a class without a single field that JSON sees (private ones and accessors it does not); publish a plain object or give the class toJSON()');
  for (const name of names) {
    if (name === '__proto__') throw unencodable(path, 'it has a member named __proto__');
    const member: unknown = Reflect.get(value, name);
    // Undefined members vanish by JSON's own rules, as everybody expects.
    if (member !== undefined) walk(member, pathTo(path, name, depth), depth + 1);
  }
}

/** A user's class with ordinary fields is data; a built-in keeps its content where JSON does not look. */
function isData(value: object): boolean {
  return isPlain(value) || className(value) === 'Object';
}

function isPlain(value: object): boolean {
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === Object.prototype || prototype === null;
}

function className(value: object): string {
  return Object.prototype.toString.call(value).slice(8, -1).slice(0, 60);
}

/** Deep down the path ends: it is there to find the place, not to be complete. */
function pathTo(path: string, name: string | number, depth: number): string {
  if (depth >= 8) return path;
  if (typeof name === 'number') return `${path}[${String(name)}]`;
  if (!/^[A-Za-z_$][\w$]{0,59}$/.test(name)) return `${path}[${JSON.stringify(name.slice(0, 60))}]`;
  return path === '' ? name : `${path}.${name}`;
}

function unencodable(path: string, reason: string): ChronowError {
  return new ChronowError('PAYLOAD_UNENCODABLE', `the payload${path === '' ? '' : ` at ${path}`} cannot be encoded as JSON: ${reason}`, { details: { path } });
}
