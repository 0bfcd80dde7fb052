import type { TopicRef } from '../../../port/names.js';
import type { Context } from '../context.js';
import type { Directory } from '../topics/directory.js';
import type { Retention } from './retention.js';

/** Puts scheduled messages into their topics when they fall due. One timer a topic in this process. */
export class ScheduledMover {
  constructor(_context: Context, _directory: Directory, _retention: Retention) {
    throw new Error('not built yet');
  }

  /** From now on this process looks after a topic: it has consumers here. The returned function ends that. */
  watch(_ref: TopicRef): () => void { throw new Error('not built yet'); }
  /** A message of this process falls due in `inMs`. */
  expect(_ref: TopicRef, _shard: number, _inMs: number): void { throw new Error('not built yet'); }
  /** Moves what is due in one shard; answers the ms until the next one, or undefined. */
  run(_ref: TopicRef, _shard: number): Promise<number | undefined> { throw new Error('not built yet'); }
  close(): void { throw new Error('not built yet'); }
}
