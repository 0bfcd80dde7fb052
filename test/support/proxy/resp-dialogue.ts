import type { Asked, Dialogue, Told } from './dialogue.js';
import { Framer, type Frame } from './frames.js';
import { answers, namesOf, repliesTo, type ScriptNames } from './requests.js';

/** A dialogue in RESP: replies come in the order of the requests. */
export class RespDialogue implements Dialogue {
  readonly #scripts: ScriptNames;
  readonly #requests = new Framer();
  readonly #replies = new Framer();
  /** The names of what was asked, one for each reply that is to come. */
  readonly #asked: (readonly string[])[] = [];

  constructor(scripts: ScriptNames) {
    this.#scripts = scripts;
  }

  requests(chunk: Buffer): readonly Asked[] {
    return this.#requests.take(chunk).map((frame) => {
      const names = namesOf(frame, this.#scripts);
      return { bytes: frame.bytes, names, passed: () => { for (let i = repliesTo(names, frame.count); i > 0; i -= 1) this.#asked.push(names); } };
    });
  }

  replies(chunk: Buffer): readonly Told[] {
    return this.#replies.take(chunk).map((frame) => ({ bytes: frame.bytes, names: this.#answered(frame), empty: frame.empty }));
  }

  #answered(frame: Frame): readonly string[] | undefined {
    const [next] = this.#asked;
    const names = next !== undefined && answers(frame, next) ? this.#asked.shift() : undefined;
    // An error answers for all channels.
    if (frame.type === '-') while (names !== undefined && this.#asked[0] === names) this.#asked.shift();
    return names;
  }
}
