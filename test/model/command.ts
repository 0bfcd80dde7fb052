import fc from 'fast-check';
import type { Model } from './model.js';
import type { World } from './world.js';

export type Command = fc.AsyncCommand<Model, World>;

/** One kind of thing that can be done, with its arguments as plain data. */
export interface Move<A> {
  readonly name: string;
  /** Whether it makes sense now. Default: always. */
  can?(model: Model, args: A): boolean;
  /** Does it, holds the answer against the model, and says in few words what it was. */
  run(model: Model, world: World, args: A): Promise<string>;
}

/** A move with its arguments, as fast-check runs it: afterwards it can say what came of it. */
class Performed<A> implements Command {
  readonly #move: Move<A>;
  readonly #args: A;
  #said = '';

  constructor(move: Move<A>, args: A) {
    this.#move = move;
    this.#args = args;
  }

  check(model: Model): boolean {
    return this.#move.can?.(model, this.#args) ?? true;
  }

  async run(model: Model, world: World): Promise<void> {
    this.#said = '✗';
    model.turn(world.now());
    this.#said = await this.#move.run(model, world, this.#args);
    await settleDown(model, world);
  }

  toString(): string {
    return `${this.#move.name} ${this.#args === undefined ? '' : JSON.stringify(this.#args)}${this.#said === '' ? '' : ` → ${this.#said}`}`;
  }

  /** Every run has commands of its own, so that a report tells its own run. */
  [fc.cloneMethod](): Performed<A> {
    return new Performed(this.#move, this.#args);
  }
}

/** Lets everything come that comes in this instant, and looks whether it may stay like this. */
export async function settleDown(model: Model, world: World): Promise<void> {
  await world.still();
  await world.eventually(() => model.rest(world.now()), () => model.hear(world.heard()));
}

export function command<A>(args: fc.Arbitrary<A>, move: Move<A>): fc.Arbitrary<Command> {
  return args.map((one) => new Performed(move, one));
}

/** One of a list by any number; undefined where the list is empty. */
export function pick<T>(list: readonly T[], number: number): T | undefined {
  return list[number % Math.max(1, list.length)];
}
