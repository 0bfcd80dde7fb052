import { createHash } from 'node:crypto';

/** A Lua script. Its text is static: a server keeps every text it was given, so no value is ever pasted into one. */
export interface Script {
  readonly name: string;
  readonly text: string;
  readonly sha: string;
}

export function script(name: string, text: string): Script {
  return Object.freeze({ name, text, sha: createHash('sha1').update(text).digest('hex') });
}
