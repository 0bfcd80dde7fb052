import type { TopicRef } from '../../../port/names.js';
import type { Context } from '../context.js';
import type { Directory } from '../topics/directory.js';

/** Removes what no subscription needs any more. */
export class Retention {
  constructor(_context: Context, _directory: Directory) {
    throw new Error('not built yet');
  }

  /** Trims one shard of a topic: settled messages beyond its bound and beyond its retention time. Nothing where the topic is unknown. */
  trim(_ref: TopicRef, _shard: number): Promise<void> { throw new Error('not built yet'); }
}
