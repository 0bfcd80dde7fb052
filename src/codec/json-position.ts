const blank = /[ \t\n\r]*/y;
const plain = /-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?|true|false|null/y;
const escape = /["\\/bfnrt]|u[0-9a-fA-F]{4}/y;

/** What may stand next. `first…`: or the end of an array or object that has nothing in it yet. */
type Next = 'value' | 'first value' | 'name' | 'first name' | 'colon' | 'comma' | 'nothing';

/**
 * The index at which a text stops being JSON (its length, where it only ends too early); undefined where it is JSON. For
 * messages: the parser's own say the place only sometimes, and quote the text.
 */
export function jsonErrorAt(text: string): number | undefined {
  const open: string[] = [];
  let next: Next = 'value';
  for (let at = skip(blank, text, 0); at < text.length; at = skip(blank, text, at)) {
    const unit = text.charAt(at);
    const last = open.at(-1);
    if ((unit === '}' && last === '{' && (next === 'first name' || next === 'comma')) || (unit === ']' && last === '[' && (next === 'first value' || next === 'comma'))) {
      open.pop();
      next = open.length === 0 ? 'nothing' : 'comma';
      at += 1;
    } else if (unit === ',' && next === 'comma') {
      next = last === '{' ? 'name' : 'value';
      at += 1;
    } else if (unit === ':' && next === 'colon') {
      next = 'value';
      at += 1;
    } else if (unit === '"' && (next === 'name' || next === 'first name')) {
      const end = stringEnd(text, at);
      if (end < 0) return -end;
      next = 'colon';
      at = end;
    } else if (next !== 'value' && next !== 'first value') {
      return at;
    } else if (unit === '{' || unit === '[') {
      open.push(unit);
      next = unit === '{' ? 'first name' : 'first value';
      at += 1;
    } else {
      const end = unit === '"' ? stringEnd(text, at) : skip(plain, text, at);
      if (end < 0) return -end;
      if (end === at) return at;
      next = open.length === 0 ? 'nothing' : 'comma';
      at = end;
    }
  }
  return next === 'nothing' ? undefined : text.length;
}

/** The index behind a string that begins at `start`; negative: minus the index of what must not stand in it. */
function stringEnd(text: string, start: number): number {
  for (let at = start + 1; at < text.length; at += 1) {
    const unit = text.charCodeAt(at);
    if (unit === 0x22) return at + 1;
    if (unit < 0x20) return -at;
    if (unit !== 0x5c) continue;
    const end = skip(escape, text, at + 1);
    if (end === at + 1) return -(at + 1);
    at = end - 1;
  }
  return -text.length;
}

function skip(pattern: RegExp, text: string, at: number): number {
  pattern.lastIndex = at;
  return pattern.test(text) ? pattern.lastIndex : at;
}
