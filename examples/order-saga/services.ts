import { defer, map, timer, type Observable } from 'rxjs';

/** The payment provider said no; trying again does not help. */
export class PaymentRefused extends Error {
  override readonly name: string = 'PaymentRefused';
}

/** How a payment goes: the attempt that succeeds, or never by a refusal or an outage. */
export type PaymentCourse = number | 'refused' | 'down';

/** A payment provider whose answers are laid down by order. */
export class PaymentProvider {
  readonly #courses: ReadonlyMap<string, PaymentCourse>;

  constructor(courses: ReadonlyMap<string, PaymentCourse>) {
    this.#courses = courses;
  }

  charge$(orderId: string, attempt: number): Observable<void> {
    return defer(() => timer(10)).pipe(map(() => {
      const course = this.#courses.get(orderId) ?? 1;
      if (course === 'refused') throw new PaymentRefused(`${orderId}: the card was refused`);
      if (course === 'down' || attempt < course) throw new Error(`${orderId}: the payment provider did not answer`);
    }));
  }
}

/** A warehouse that reserves, packs, ships, and takes back. */
export class Warehouse {
  readonly reserved = new Set<string>();

  reserve$(orderId: string): Observable<void> {
    return this.#work(() => { this.reserved.add(orderId); });
  }

  pack$(): Observable<void> {
    return this.#work(() => undefined);
  }

  ship$(orderId: string): Observable<void> {
    return this.#work(() => { this.reserved.delete(orderId); });
  }

  /** The compensation of a reservation. */
  takeBack$(orderId: string): Observable<void> {
    return this.#work(() => { this.reserved.delete(orderId); });
  }

  #work(effect: () => void): Observable<void> {
    return defer(() => timer(5)).pipe(map(effect));
  }
}
