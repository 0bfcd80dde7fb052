import type { Chronow } from 'chronow';
import { DeadLetter } from 'chronow/operators';
import { defer, map, of, type Observable } from 'rxjs';
import { validate, type Quake, type Reading } from './quake.js';

/** Corrections live in shared keys: whoever reads a damaged reading finds them, in whatever process. */
export class Corrections {
  readonly #cw: Chronow;

  constructor(cw: Chronow) {
    this.#cw = cw;
  }

  /** Files the right values of a record. */
  async file(quake: Quake): Promise<void> {
    await this.#cw.shared.set(keyOf(quake.id), quake);
  }

  /**
   * The quake in a reading. A flawed one is looked up among the corrections; where there is none, it errors with a
   * `DeadLetter` that says what is wrong.
   */
  quake$(reading: Reading): Observable<Quake> {
    return defer(() => {
      const asSent = validate(reading);
      if ('quake' in asSent) return of(asSent.quake);
      return this.#cw.shared.get$<Quake>(keyOf(reading.id)).pipe(map((correction) => {
        const corrected = validate({ ...reading, ...correction });
        if ('quake' in corrected) return corrected.quake;
        throw new DeadLetter(corrected.flaw, corrected.description);
      }));
    });
  }
}

function keyOf(id: string): string {
  return `correction:${id}`;
}
