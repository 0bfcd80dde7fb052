/** What a consumer's process is to the log. */
export interface Life {
  readonly name: string;
  /** Its work counts no more. */
  isOver: boolean;
  /** It stood still for longer than a lease: what it did shortly before may be done again elsewhere. */
  wasFrozen: boolean;
}

interface Lane {
  /** The first message that is not done. */
  next: number;
  running: { readonly index: number; readonly life: Life } | undefined;
  /** Who did each message. */
  readonly doneBy: Life[];
}

/**
 * One log of everything that the consumers of all processes begin and end, and what is wrong with its order: a message that comes before its
 * predecessor is done (gap), one that comes after a successor was done (back), or beside another of its key (beside).
 */
export class OrderLog {
  readonly breaks: string[] = [];
  /** Runs that began once more because the process that had done the message died, or stood still, before its ack was stored. */
  repeats = 0;
  begun = 0;
  readonly #lanes: Map<string, Lane> = new Map();
  readonly #total: number;
  #done = 0;
  #heard: (() => void) | undefined = undefined;

  constructor(total: number) {
    this.#total = total;
  }

  begin(key: string, index: number, life: Life): void {
    if (life.isOver) return;
    this.begun += 1;
    const lane = this.#lane(key);
    const { running } = lane;
    if (running !== undefined && !running.life.isOver) this.breaks.push(`beside: ${key} ${index} by ${life.name} while ${running.index} runs at ${running.life.name}`);
    if (index > lane.next) this.breaks.push(`gap: ${key} ${index} by ${life.name}, ${lane.next} is not done`);
    if (index < lane.next) {
      const who = lane.doneBy[index];
      if (who?.isOver !== true && who?.wasFrozen !== true) this.breaks.push(`back: ${key} ${index} by ${life.name}, up to ${lane.next} is done`);
      else this.repeats += 1;
      // From here on again.
      for (let again = index; again < lane.next; again += 1) this.#done -= 1;
      lane.next = index;
    }
    lane.running = { index, life };
  }

  /** It failed and will come again. */
  fail(key: string, life: Life): void {
    const lane = this.#lane(key);
    if (lane.running?.life === life) lane.running = undefined;
  }

  end(key: string, index: number, life: Life): void {
    if (life.isOver) return;
    const lane = this.#lane(key);
    if (lane.running?.life !== life) return;
    lane.running = undefined;
    lane.doneBy[index] = life;
    if (index === lane.next) {
      lane.next += 1;
      this.#done += 1;
    }
    if (this.#done >= this.#total) this.#heard?.();
  }

  get done(): number {
    return this.#done;
  }

  /** Once every message was done or is dead. */
  async all(): Promise<void> {
    if (this.#done < this.#total) await new Promise<void>((resolve) => { this.#heard = resolve; });
  }

  #lane(key: string): Lane {
    let lane = this.#lanes.get(key);
    if (lane === undefined) this.#lanes.set(key, (lane = { next: 0, running: undefined, doneBy: [] }));
    return lane;
  }
}
