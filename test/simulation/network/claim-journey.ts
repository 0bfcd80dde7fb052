import { Subject, of, type Subscriber, type Subscription } from 'rxjs';
import type { ClaimAnswer, ClaimRequest, ConsumerLink } from '../../../src/port/delivery-store.js';
import type { Claimed } from '../../../src/port/lease.js';
import { linkLost, type Fate, type Journey, type Line } from './line.js';

/** The place at the broker where the claims of one consumer wait: a new connection replaces the old one. */
export class ClaimSeat {
  waiting: Subscription | undefined = undefined;
  /**
   * What was in answers that reached nobody, where the subscription keeps an order: it is given back before the next claim is
   * served, for the broker hands the successors of what a consumer holds to that same consumer, which must know what it holds.
   */
  readonly unheard: Claimed[] = [];

  get isTaken(): boolean {
    return this.waiting?.closed === false;
  }

  free(): void {
    this.waiting?.unsubscribe();
    this.waiting = undefined;
  }
}

/** A claim on its way: it may wait for long, be told to stop, be cut off from its consumer, and take messages for nobody. */
export class ClaimJourney implements Journey {
  readonly #line: Line;
  readonly #link: ConsumerLink;
  readonly #seat: ClaimSeat;
  readonly #request: ClaimRequest;
  readonly #out: Subscriber<ClaimAnswer>;
  readonly #arrived: (answer: ClaimAnswer, answeredAt: number) => ClaimAnswer;
  readonly #stop$ = new Subject<void>();
  #stopAsked = false;
  #open = true;
  #until: Subscription | undefined = undefined;
  #served: Subscription | undefined = undefined;
  #lostOnTheWay = false;

  constructor(line: Line, link: ConsumerLink, seat: ClaimSeat, request: ClaimRequest, out: Subscriber<ClaimAnswer>, arrived: (answer: ClaimAnswer, answeredAt: number) => ClaimAnswer) {
    this.#line = line;
    this.#link = link;
    this.#seat = seat;
    this.#request = request;
    this.#out = out;
    this.#arrived = arrived;
  }

  start(): void {
    const line = this.#line;
    if (line.process.isGone) return;
    if (line.sky.cut) {
      this.#giveUp(line.whole(1, 30));
      return;
    }
    line.journeys.add(this);
    this.#until = this.#request.until$.subscribe(() => { this.#askToStop(); });
    const fate = line.fate('claim');
    const there = line.delay();
    if (fate === 'lost-request') this.#giveUp(line.patience());
    else if (fate === 'late') {
      this.#giveUp(line.patience());
      line.world.after(there + 300 + line.whole(0, 600), () => { this.#takeForNobody(); });
    } else line.world.after(there, () => { this.#serve(fate); });
  }

  cut(): void {
    this.#lostOnTheWay = true;
    this.#leaveSeat(this.#line.whole(0, 1) === 0 ? 0 : this.#line.whole(1, 400));
    this.#giveUp(this.#line.whole(0, 300));
  }

  gone(halfOpenMs: number): void {
    this.#open = false;
    this.#until?.unsubscribe();
    this.#leaveSeat(halfOpenMs);
  }

  #serve(fate: Fate): void {
    if (this.#lostOnTheWay || this.#line.process.isGone) return;
    this.#seat.free();
    const { max } = this.#request;
    const unheard = this.#seat.unheard.splice(0);
    if (unheard.length > 0) this.#link.settle(unheard.map(({ token }) => ({ token, action: 'release' }))).subscribe();
    const served = this.#link.claim({ max, until$: this.#stopAsked ? of(true) : this.#stop$ }).subscribe({
      next: (answer) => { this.#answer(answer, fate); },
      error: (error: unknown) => { this.#line.world.after(this.#line.delay(), () => { this.#close(() => { this.#out.error(error); }); }); },
    });
    this.#served = served;
    if (!served.closed) this.#seat.waiting = served;
  }

  #answer(answer: ClaimAnswer, fate: Fate): void {
    const { world } = this.#line;
    const answeredAt = world.time;
    // A claim may wait for long: what befell its line then is over now.
    if ((fate === 'lost-reply' && this.#line.sky.lossy) || this.#lostOnTheWay) {
      this.#unheard(answer);
      this.#giveUp(this.#line.patience());
      return;
    }
    world.after(this.#line.delay(), () => {
      if (this.#line.sky.cut || this.#lostOnTheWay) {
        this.#unheard(answer);
        return;
      }
      this.#line.process.arrive(() => {
        // Cut off while the process stood still.
        if (!this.#open) this.#unheard(answer);
        this.#end(() => {
          this.#out.next(this.#arrived(answer, answeredAt));
          this.#out.complete();
        });
      });
    });
  }

  /** It arrives when nobody waits for its answer any more. */
  #takeForNobody(): void {
    if (!this.#seat.isTaken) this.#link.claim({ max: this.#request.max, until$: of(true) }).subscribe({ next: (answer) => { this.#unheard(answer); }, error: () => undefined });
  }

  #unheard(answer: ClaimAnswer): void {
    if (this.#link.policy.order !== 'none') this.#seat.unheard.push(...answer.deliveries);
  }

  #askToStop(): void {
    this.#line.world.after(this.#line.delay(), () => {
      this.#stopAsked = true;
      this.#stop$.next();
    });
  }

  #leaveSeat(halfOpenMs: number): void {
    const served = this.#served;
    if (served !== undefined) this.#line.world.after(halfOpenMs, () => { served.unsubscribe(); });
  }

  #giveUp(ms: number): void {
    this.#line.process.after(ms, () => { this.#end(() => { this.#out.error(linkLost('claim')); }); });
  }

  #close(end: () => void): void {
    this.#line.process.arrive(() => { this.#end(end); });
  }

  #end(end: () => void): void {
    if (!this.#open) return;
    this.#open = false;
    this.#line.journeys.delete(this);
    this.#until?.unsubscribe();
    end();
  }
}
