import { Observable } from 'rxjs';
import type { BrokerEvent } from '../../../port/events.js';
import type { Address } from './address.js';
import type { LineSettings, NodeLine } from './node-line.js';
import type { ChannelSignal, KeyspaceSignal, PubSub } from './pubsub-signals.js';
import type { Router } from './router.js';
import type { Failure } from './server-error.js';
import { SubscriberLine } from './subscriber-line.js';

/** Our own channels over one connection (a cluster passes messages on between its nodes), keyspace events from each master: those stay where they happen. */
export class PubSubHub implements PubSub {
  readonly #router: Router;
  readonly #settings: LineSettings;
  readonly #warn: (event: BrokerEvent) => void;
  readonly #common: SubscriberLine;
  readonly #perMaster = new Map<string, SubscriberLine>();
  readonly #fans = new Set<KeyspaceFan>();
  readonly #ends = new Set<() => void>();
  readonly #reported = new Set<string>();
  #turn = 0;

  constructor(router: Router, settings: LineSettings, warn: (event: BrokerEvent) => void) {
    this.#router = router;
    this.#settings = settings;
    this.#warn = warn;
    this.#common = this.#line(() => this.#someMaster());
  }

  channel(name: string): Observable<ChannelSignal> {
    return new Observable((subscriber) => {
      const end = (): void => { subscriber.complete(); };
      this.#ends.add(end);
      const stop = this.#common.listen('channel', name, {
        subscribed: () => { subscriber.next({ kind: 'subscribed' }); },
        lost: () => { subscriber.next({ kind: 'lost' }); },
        message: (_channel, text) => { subscriber.next({ kind: 'message', text }); },
      });
      return () => {
        this.#ends.delete(end);
        stop();
      };
    });
  }

  keyspace(pattern: string): Observable<KeyspaceSignal> {
    return new Observable((subscriber) => {
      const fan = new KeyspaceFan(pattern, (signal) => { subscriber.next(signal); });
      const end = (): void => { subscriber.complete(); };
      this.#fans.add(fan);
      this.#ends.add(end);
      fan.spread(this.#linesNow());
      return () => {
        this.#fans.delete(fan);
        this.#ends.delete(end);
        fan.end();
      };
    });
  }

  /** A master is up again, perhaps another server, perhaps without its last writes. */
  masterBack(): void {
    this.#common.renew();
  }

  /** The masters may be others now. */
  mastersChanged(): void {
    this.#common.renew();
    if (this.#fans.size === 0 && this.#perMaster.size === 0) return;
    const lines = this.#linesNow();
    for (const fan of this.#fans) fan.spread(lines);
    for (const [name, line] of this.#perMaster) {
      if (lines.has(name)) continue;
      this.#perMaster.delete(name);
      line.close();
    }
  }

  close(): void {
    for (const end of [...this.#ends]) end();
    this.#common.close();
    for (const line of this.#perMaster.values()) line.close();
    this.#perMaster.clear();
  }

  #linesNow(): ReadonlyMap<string, SubscriberLine> {
    return new Map(this.#router.masters().map((master) => [master.name, this.#lineOf(master)]));
  }

  #lineOf({ name, address }: NodeLine): SubscriberLine {
    if (address === undefined) return this.#common;
    const found = this.#perMaster.get(name) ?? this.#line(() => address);
    this.#perMaster.set(name, found);
    return found;
  }

  /** Another one each time: the last one may be what is wrong. */
  #someMaster(): Address | undefined | 'unknown' {
    const masters = this.#router.masters();
    const master = masters[this.#turn % Math.max(1, masters.length)];
    this.#turn += 1;
    return master === undefined ? 'unknown' : master.address;
  }

  #line(address: () => Address | undefined | 'unknown'): SubscriberLine {
    return new SubscriberLine(address, this.#settings, (name, failure) => { this.#report(name, failure); });
  }

  /** Whoever watches goes on with what else tells him of changes, which is slower. */
  #report(name: string, { word, text }: Failure): void {
    const setting = name.startsWith('__key') ? 'acl-keyspace-channels' : 'acl-channels';
    if (this.#reported.has(setting)) return;
    this.#reported.add(setting);
    this.#warn({ type: 'unsafe-setting', setting, value: word, advice: `the Redis user may not subscribe (${text}): allow the channel patterns of docs/redis.md, or changes are seen late` });
  }
}

/** One pattern on every master. */
class KeyspaceFan {
  readonly #pattern: string;
  readonly #tell: (signal: KeyspaceSignal) => void;
  readonly #lines = new Map<SubscriberLine, { isUp: boolean; stop: () => void }>();
  #isWhole = false;

  constructor(pattern: string, tell: (signal: KeyspaceSignal) => void) {
    this.#pattern = pattern;
    this.#tell = tell;
  }

  spread(lines: ReadonlyMap<string, SubscriberLine>): void {
    const wanted = new Set(lines.values());
    for (const [line, { stop }] of this.#lines) {
      if (wanted.has(line)) continue;
      this.#lines.delete(line);
      stop();
    }
    for (const line of wanted) if (!this.#lines.has(line)) this.#begin(line);
    this.#judge();
  }

  end(): void {
    for (const { stop } of this.#lines.values()) stop();
    this.#lines.clear();
  }

  #begin(line: SubscriberLine): void {
    const part = { isUp: false, stop: (): void => undefined };
    this.#lines.set(line, part);
    const turn = (isUp: boolean): void => {
      part.isUp = isUp;
      this.#judge();
    };
    part.stop = line.listen('pattern', this.#pattern, {
      subscribed: () => { turn(true); },
      lost: () => { turn(false); },
      message: (channel, text) => { this.#tell({ kind: 'message', channel, text }); },
    });
  }

  #judge(): void {
    const parts = [...this.#lines.values()];
    const isWhole = parts.length > 0 && parts.every(({ isUp }) => isUp);
    if (isWhole === this.#isWhole) return;
    this.#isWhole = isWhole;
    this.#tell({ kind: isWhole ? 'subscribed' : 'lost' });
  }
}
