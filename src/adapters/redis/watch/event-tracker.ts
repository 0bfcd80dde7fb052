import { KeyTracker, type TrackerOwner } from '../../common/key-tracker.js';
import type { KeyRef } from '../../../port/names.js';
import type { Context } from '../context.js';
import type { ChangeMessage } from '../keys/change-message.js';
import type { RedisKeys } from '../keys/redis-keys.js';
import { EventWindow } from './event-window.js';

/** What is known of one key, with keyspace events as a reason to look. */
export class EventTracker extends KeyTracker {
  readonly #window: EventWindow;

  constructor({ runtime, connection: { clock } }: Context, keys: RedisKeys, ref: KeyRef, owner: TrackerOwner) {
    super({ runtime, clock, look: (key, known) => keys.look(key, { revision: known?.revision ?? 0, isPresent: known?.body !== undefined }) }, ref, owner);
    this.#window = new EventWindow(runtime, () => { this.doubt(); });
  }

  /** A message of ours. */
  override heard(message: ChangeMessage): void {
    this.#window.message(message);
    super.heard(message);
  }

  /** A keyspace event. */
  noticed(event: string): void {
    this.#window.event(event);
  }

  override close(): void {
    super.close();
    this.#window.close();
  }
}
