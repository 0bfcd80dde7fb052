import type { BSON } from 'mongodb';
import type { Asked, Dialogue, Told } from './dialogue.js';
import { MongoFramer, type MongoFrame } from './mongo-frames.js';

/** More names for a command, by what stands in it. */
export type CommandNames = (command: BSON.Document) => readonly string[];

/** A dialogue with MongoDB: an answer says which request it belongs to. A request is called as its command, and with its collection: `insert`, `insert cw_log`. */
export class MongoDialogue implements Dialogue {
  readonly #more: CommandNames;
  readonly #requests = new MongoFramer();
  readonly #replies = new MongoFramer();
  readonly #asked = new Map<number, readonly string[]>();

  constructor(more: CommandNames = () => []) {
    this.#more = more;
  }

  requests(chunk: Buffer): readonly Asked[] {
    return this.#requests.take(chunk).map((frame) => {
      const names = this.#namesOf(frame);
      return { bytes: frame.bytes, names, passed: () => { if (!frame.moreToCome) this.#asked.set(frame.id, names); } };
    });
  }

  replies(chunk: Buffer): readonly Told[] {
    return this.#replies.take(chunk).map((frame) => {
      const names = this.#asked.get(frame.responseTo);
      this.#asked.delete(frame.responseTo);
      return { bytes: frame.bytes, names, empty: isEmpty(frame.body()) };
    });
  }

  #namesOf(frame: MongoFrame): readonly string[] {
    const body = frame.body();
    const [command = ''] = Object.keys(body);
    const collection: unknown = command === 'getMore' ? body['collection'] : body[command];
    return [command, ...(typeof collection === 'string' ? [`${command} ${collection}`] : []), ...this.#more(body)].map((name) => name.toLowerCase());
  }
}

/** A read that found nothing, or a write that met nothing. */
function isEmpty({ cursor, n, value }: BSON.Document): boolean {
  if (typeof cursor === 'object' && cursor !== null) return ['firstBatch', 'nextBatch'].every((batch) => listOf(Reflect.get(Object(cursor), batch)).length === 0);
  return n === 0 || value === null;
}

function listOf(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [];
}
