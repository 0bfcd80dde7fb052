import { Observable, type Subscriber } from 'rxjs';
import { ChronowError } from '../../errors.js';
import type { TopicRef } from '../../port/names.js';
import type { PublishBatch, PublishReceipt } from '../../port/publisher.js';

/** The way into one topic: what callers publish at the same time shares its round trips. */
export interface TopicIntake {
  publish(batch: PublishBatch, subscriber: Subscriber<readonly PublishReceipt[]>): void;
  /** Calls that wait fail with this. */
  close(why: ChronowError): void;
}

/** The ways into all topics of a broker, each made when it is needed first. */
export class TopicIntakes {
  readonly #keyOf: (topic: TopicRef) => string;
  readonly #make: (topic: TopicRef) => TopicIntake;
  readonly #intakes: Map<string, TopicIntake> = new Map();
  /** By the object that names the topic: a key is put together once, not for every message. */
  readonly #byRef: WeakMap<TopicRef, TopicIntake> = new WeakMap();
  #isClosed = false;

  constructor(keyOf: (topic: TopicRef) => string, make: (topic: TopicRef) => TopicIntake) {
    this.#keyOf = keyOf;
    this.#make = make;
  }

  publish(batch: PublishBatch): Observable<readonly PublishReceipt[]> {
    return new Observable((subscriber) => {
      if (this.#isClosed) subscriber.error(closed());
      else if (batch.messages.length === 0) {
        subscriber.next([]);
        subscriber.complete();
      } else this.#into(batch.topic).publish(batch, subscriber);
    });
  }

  /** Calls that wait answer `CLOSED`. */
  close(): void {
    this.#isClosed = true;
    for (const intake of this.#intakes.values()) intake.close(closed());
    this.#intakes.clear();
  }

  #into(topic: TopicRef): TopicIntake {
    const known = this.#byRef.get(topic);
    if (known !== undefined) return known;
    const key = this.#keyOf(topic);
    const intake = this.#intakes.get(key) ?? this.#make(topic);
    this.#intakes.set(key, intake);
    this.#byRef.set(topic, intake);
    return intake;
  }
}

function closed(): ChronowError {
  return new ChronowError('CLOSED', 'the broker is closed');
}
