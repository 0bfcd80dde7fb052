import { Observable, map, tap } from 'rxjs';
import { ChronowError } from '../../src/errors.js';
import type { Broker } from '../../src/port/broker.js';
import type { ClaimAnswer, ConsumerLink } from '../../src/port/delivery-store.js';
import type { Claimed, LeaseToken, SettleAction, SettleDeviation, Settlement } from '../../src/port/lease.js';
import type { StoredMessage } from '../../src/port/message.js';
import type { Runtime } from '../../src/port/runtime.js';
import { over } from '../conformance/support/over.js';

export type Op = 'attach' | 'claim' | 'settle' | 'renew' | 'detach';

/** A call on its way to the broker. */
export interface Call {
  readonly op: Op;
  /** The how-manieth of its kind, from 1, over all consumers. */
  readonly nth: number;
  readonly now: number;
  /** Which consumer, from 1, in the order they attached. */
  readonly consumer: number;
}

/**
 * What befalls a call: `error`: not carried out, errors at once, may be repeated. `fatal`: the same, for good. `lose`: carried out,
 * but the answer is an error. `hang`: not carried out, never answered. Times in ms: `before` it is carried out, `after` that.
 */
export type Fault = 'error' | 'fatal' | 'lose' | 'hang' | { readonly before?: number; readonly after?: number } | undefined;

/** Which fault a call meets; undefined: none. */
export type Faults = (call: Call) => Fault;

/** Writes down what a broker is asked, and what it must never be asked. */
export class Recorder {
  /** `3 settle ack:a#1`: the time, the consumer unless it is the first, the call, what it is about. */
  readonly lines: string[] = [];
  /** Rules of the port that were broken; empty after every correct run. */
  readonly violations: string[] = [];
  /** The most deliveries one consumer ever had unsettled. */
  mostHeld = 0;
  readonly names = new Map<string, string>();
  /** How a message ended for good, by its name, from the moment the backend carried it out. */
  readonly ended = new Map<string, 'acked' | 'dead'>();
  readonly endedTwice: string[] = [];
  /** Deliveries whose number is not that of the failures before, and one. */
  readonly wrongAttempts: string[] = [];
  readonly #failures = new Map<string, number>();
  readonly #runtime: Runtime;
  readonly #faults: Faults;
  readonly #counts = new Map<Op, number>();
  readonly #links: RecordedLink[] = [];

  constructor(runtime: Runtime, faults: Faults = () => undefined) {
    this.#runtime = runtime;
    this.#faults = faults;
  }

  /** Deliveries that were handed out and not ended by an answer. */
  get held(): number {
    return this.#links.reduce((sum, link) => sum + link.held.size, 0);
  }

  /** Consumers that have not left. */
  get attached(): number {
    return this.#links.filter((link) => !link.left).length;
  }

  get now(): number {
    return this.#runtime.now();
  }

  /** The broker, watched. */
  record(broker: Broker): Broker {
    // A message may also die without a settlement, of its last lapse.
    broker.events$.subscribe((event) => { if (event.type === 'dead-lettered') this.#end(this.names.get(event.id) ?? event.id, 'dead'); });
    return over(broker, {
      deliveries: { attach: (ref, consumer) => {
        const number = this.#links.length + 1;
        return this.send('attach', number, broker.deliveries.attach(ref, consumer)).pipe(map((link) => this.#recordedLink(link)));
      } },
    });
  }

  /** Sends a call through its fault. */
  send<T>(op: Op, consumer: number, call: Observable<T>): Observable<T> {
    return new Observable<T>((out) => {
      const nth = (this.#counts.get(op) ?? 0) + 1;
      this.#counts.set(op, nth);
      const fault = this.#faults({ op, nth, now: this.now, consumer });
      if (fault === 'hang') return;
      if (fault === 'error' || fault === 'fatal') {
        out.error(new ChronowError('LINK_LOST', 'planted', { retryable: fault === 'error' }));
        return;
      }
      const { before = 0, after = 0 } = typeof fault === 'object' ? fault : {};
      const later = (ms: number, work: () => void): void => {
        if (ms === 0) work();
        else this.#runtime.at(this.now + ms, work);
      };
      // Detached from `out`: what was sent is carried out, whoever unsubscribes.
      later(before, () => call.subscribe({
        next: (value) => { later(after, () => {
          if (fault === 'lose') out.error(new ChronowError('LINK_LOST', 'planted: the answer was lost', { retryable: true }));
          else out.next(value);
        }); },
        error: (error: unknown) => { later(after, () => { out.error(error); }); },
        complete: () => { later(after, () => { out.complete(); }); },
      }));
    });
  }

  line(consumer: number, text: string): void {
    this.lines.push(`${this.now} ${consumer === 1 ? '' : `c${consumer} `}${text}`);
  }

  violation(text: string): void {
    this.violations.push(`${this.now} ${text}`);
  }

  nameOf({ message, deliveryCount }: Claimed): string {
    const name = bodyText(message);
    this.names.set(message.id, name);
    return `${name}#${deliveryCount}`;
  }

  /** A settlement was carried out. */
  carriedOut(name: string, action: SettleAction, result: SettleDeviation['result'] | undefined): void {
    if (result === 'lost' || result === 'failed') return;
    if (action === 'ack') this.#end(name, 'acked');
    else if (action !== 'release') this.#failures.set(name, (this.#failures.get(name) ?? 0) + 1);
  }

  /** A delivery was handed out. */
  handedOut(name: string, deliveryCount: number): void {
    if (deliveryCount !== (this.#failures.get(name) ?? 0) + 1) this.wrongAttempts.push(`${name}#${deliveryCount}`);
  }

  #end(name: string, end: 'acked' | 'dead'): void {
    if (this.ended.has(name)) this.endedTwice.push(name);
    this.ended.set(name, end);
  }

  #recordedLink(link: ConsumerLink): ConsumerLink {
    const recorded = new RecordedLink(this, link, this.#links.length + 1);
    this.#links.push(recorded);
    return recorded.watched;
  }
}

function bodyText({ body }: StoredMessage): string {
  const text = typeof body === 'string' ? body : new TextDecoder().decode(body);
  return text.replaceAll('"', '');
}

class RecordedLink {
  readonly watched: ConsumerLink;
  readonly held = new Map<LeaseToken, Claimed>();
  left = false;
  readonly #names = new Map<LeaseToken, string>();
  readonly #recorder: Recorder;
  readonly #link: ConsumerLink;
  readonly #number: number;
  #claiming = false;
  #toldToStop = false;
  #window = 0;

  constructor(recorder: Recorder, link: ConsumerLink, number: number) {
    this.#recorder = recorder;
    this.#link = link;
    this.#number = number;
    this.watched = over(link, {
      claim: ({ max, until$ }) => this.#claim(max, until$),
      settle: (settlements) => this.#settle([...settlements]),
      renew: (tokens) => this.#renew([...tokens]),
      detach: () => this.#detach(),
    });
  }

  /** What the backend does, at the moment it does it, whenever its answer arrives. */
  #claimed$(max: number, until$: Observable<unknown>): Observable<ClaimAnswer> {
    return this.#link.claim({ max, until$ }).pipe(tap(({ deliveries }) => {
      for (const { message, deliveryCount } of deliveries) this.#recorder.handedOut(bodyText(message), deliveryCount);
    }));
  }

  #settled$(settlements: readonly Settlement[]): ReturnType<ConsumerLink['settle']> {
    return this.#link.settle(settlements).pipe(tap((deviations) => {
      for (const [index, { token, action }] of settlements.entries()) {
        const name = this.#names.get(token)?.split('#')[0];
        if (name !== undefined) this.#recorder.carriedOut(name, action, deviations.find((deviation) => deviation.index === index)?.result);
      }
    }));
  }

  #claim(max: number, until$: Observable<unknown>): Observable<ClaimAnswer> {
    return new Observable((out) => {
      const { now } = this.#recorder;
      this.#note(`claim ${max}`);
      // The first claim is for all of the window. What is at the end of its time may have been given up already.
      this.#window ||= max;
      const sure = [...this.held.values()].filter(({ leaseUntil }) => leaseUntil > now + 1).length;
      if (max < 1 || sure + max > this.#window) this.#violation(`claim of ${max} beside ${sure} held, window ${this.#window}`);
      if (this.#claiming) this.#violation('claim while another is under way');
      if (this.#toldToStop || this.left) this.#violation('claim after the end');
      this.#claiming = true;
      let answered = false;
      until$.subscribe(() => { this.#toldToStop = true; });
      this.#recorder.send('claim', this.#number, this.#claimed$(max, until$)).subscribe({
        next: (answer) => {
          answered = true;
          this.#claiming = false;
          this.#claimed(answer, max);
          out.next(answer);
        },
        error: (error: unknown) => {
          answered = true;
          this.#claiming = false;
          this.#note('claim failed');
          out.error(error);
        },
        complete: () => { out.complete(); },
      });
      return () => { if (!answered) this.#violation('claim unsubscribed in flight'); };
    });
  }

  #claimed({ deliveries, makeRoom }: ClaimAnswer, max: number): void {
    for (const claimed of deliveries) {
      this.held.set(claimed.token, claimed);
      this.#names.set(claimed.token, this.#recorder.nameOf(claimed));
    }
    this.#recorder.mostHeld = Math.max(this.#recorder.mostHeld, this.held.size);
    if (deliveries.length > max) this.#violation(`${deliveries.length} claimed where ${max} were asked for`);
    if (deliveries.length > 0) this.#note(`claimed ${deliveries.map(({ token, isolated }) => `${this.#names.get(token) ?? '?'}${isolated ? '!' : ''}`).join(' ')}`);
    if (makeRoom) this.#note('make room');
  }

  #settle(settlements: readonly Settlement[]): ReturnType<ConsumerLink['settle']> {
    return new Observable((out) => {
      this.#note(`settle ${settlements.map((settlement) => `${actionText(settlement)}:${this.#names.get(settlement.token) ?? '?'}`).join(' ')}`);
      if (settlements.length === 0) this.#violation('settle of nothing');
      return this.#recorder.send('settle', this.#number, this.#settled$(settlements)).subscribe({
        next: (deviations) => {
          if (deviations.length > 0) this.#note(`settled but ${deviations.map(({ index, result }) => `${result}:${this.#nameAt(settlements, index)}`).join(' ')}`);
          const failed = new Set(deviations.filter(({ result }) => result === 'failed').map(({ index }) => index));
          for (const [index, { token }] of settlements.entries()) if (!failed.has(index)) this.held.delete(token);
          out.next(deviations);
        },
        error: (error: unknown) => {
          this.#note('settle failed');
          out.error(error);
        },
        complete: () => { out.complete(); },
      });
    });
  }

  #renew(tokens: readonly LeaseToken[]): ReturnType<ConsumerLink['renew']> {
    return new Observable((out) => {
      this.#note(`renew ${tokens.map((token) => this.#names.get(token) ?? '?').join(' ')}`);
      return this.#recorder.send('renew', this.#number, this.#link.renew(tokens)).subscribe({
        next: (answer) => {
          for (const [index, token] of tokens.entries()) {
            const claimed = this.held.get(token);
            if (answer.lost.includes(index)) this.held.delete(token);
            else if (claimed !== undefined) this.held.set(token, { ...fields(claimed), leaseUntil: answer.leaseUntil });
          }
          if (answer.lost.length > 0) this.#note(`renewed but lost ${answer.lost.map((index) => this.#names.get(tokens[index] ?? '') ?? '?').join(' ')}`);
          out.next(answer);
        },
        error: (error: unknown) => { out.error(error); },
        complete: () => { out.complete(); },
      });
    });
  }

  #detach(): Observable<void> {
    return new Observable((out) => {
      this.#note('detach');
      this.left = true;
      if (this.#claiming) this.#violation('detach while a claim is under way');
      return this.#recorder.send('detach', this.#number, this.#link.detach()).subscribe(out);
    });
  }

  #nameAt(settlements: readonly Settlement[], index: number): string {
    const settlement = settlements[index];
    return settlement === undefined ? '?' : (this.#names.get(settlement.token) ?? '?');
  }

  #note(text: string): void {
    this.#recorder.line(this.#number, text);
  }

  #violation(text: string): void {
    this.#recorder.violation(`c${this.#number} ${text}`);
  }
}

function actionText({ action, delayMs, failure }: Settlement): string {
  if (action === 'dead-letter') return `dead(${failure?.reason ?? '?'})`;
  return delayMs === undefined ? action : `${action}(${delayMs})`;
}

/** A copy by name: a backend may keep its fields in getters. */
function fields({ token, message, deliveryCount, leaseUntil, isolated }: Claimed): Claimed {
  return { token, message, deliveryCount, leaseUntil, isolated };
}
