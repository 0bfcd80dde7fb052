import type { KeyChange } from '../../../src/port/watch-source.js';

/** Somebody who watches a key, or all that begin with a text. */
export class Watching {
  readonly target: { readonly key: string } | { readonly prefix: string };
  isLive = false;
  hasStopped = false;
  stop: () => void = () => undefined;
  /** The last change shown of each key. */
  readonly shown: Map<string, KeyChange> = new Map();

  constructor(target: Watching['target']) {
    this.target = target;
  }

  covers(key: string): boolean {
    return 'key' in this.target ? key === this.target.key : key.startsWith(this.target.prefix);
  }
}
