import type { Unsubscribable } from 'rxjs';
import { encodeName } from '../../../keys/encoding.js';
import type { SubscriptionRef } from '../../../port/names.js';
import type { Context } from '../context.js';
import type { SubscriptionRecord } from '../topics/records.js';
import type { Records } from './desk.js';
import type { RecordReader } from './inner-link.js';

interface Audience {
  readonly readers: Set<RecordReader>;
  readonly line: Unsubscribable;
}

/**
 * Tells consumers of this process that the record of their subscription is another one: at once where this process changed it, and by the channel of the topic where
 * another did. Reads and turns compare versions as well, so that a message that is lost makes it late and nothing else.
 */
export class PolicyNews {
  readonly #context: Context;
  readonly #records: Pick<Records, 'subscription'>;
  readonly #audiences = new Map<string, Audience>();

  constructor(context: Context, records: Pick<Records, 'subscription'>) {
    this.#context = context;
    this.#records = records;
  }

  /** Returns what ends it. */
  listen(ref: SubscriptionRef, reader: RecordReader): () => void {
    const name = this.#nameOf(ref);
    const audience = this.#audiences.get(name) ?? { readers: new Set<RecordReader>(), line: this.#open(ref) };
    this.#audiences.set(name, audience);
    audience.readers.add(reader);
    return () => {
      audience.readers.delete(reader);
      if (audience.readers.size > 0 || this.#audiences.get(name) !== audience) return;
      this.#audiences.delete(name);
      audience.line.unsubscribe();
    };
  }

  /** This process changed it. */
  changed(record: SubscriptionRecord): void {
    this.#tell(record.ref, record);
  }

  #open(ref: SubscriptionRef): Unsubscribable {
    const group = encodeName(ref.subscription);
    return this.#context.connection.pubsub.channel(this.#context.keys.topicKey(ref)).subscribe({
      // What was told before the line stood is not told again.
      next: (signal) => { if (signal.kind === 'subscribed' || (signal.kind === 'message' && signal.text === group)) this.#read(ref); },
      // It never does.
      error: () => undefined,
    });
  }

  #read(ref: SubscriptionRef): void {
    // Where it cannot be read, the next look finds out.
    this.#records.subscription(ref).then((record) => { this.#tell(ref, record); }, () => undefined);
  }

  #tell(ref: SubscriptionRef, record: SubscriptionRecord | undefined): void {
    for (const reader of [...(this.#audiences.get(this.#nameOf(ref))?.readers ?? [])]) reader.changed(record);
  }

  #nameOf(ref: SubscriptionRef): string {
    return `${this.#context.keys.topicKey(ref)} ${encodeName(ref.subscription)}`;
  }
}
