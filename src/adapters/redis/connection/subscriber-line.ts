import type { CancelTimer } from '../../../port/runtime.js';
import { backoffDelay } from '../../../retry/backoff.js';
import type { Address } from './address.js';
import type { Socket } from './driver.js';
import type { LineSettings } from './node-line.js';
import { failureOf, type Failure } from './server-error.js';

/** What one subscription of a channel or a pattern is told. */
export interface Listener {
  subscribed(): void;
  lost(): void;
  message(channel: string, text: string): void;
}

export type ListenKind = 'channel' | 'pattern';

interface Topic {
  readonly kind: ListenKind;
  readonly name: string;
  readonly listeners: Set<Listener>;
  isSubscribed: boolean;
}

/** How often the line is asked whether it lives; a line that only listens would not notice. */
const pingMs = 2_000;

/** One connection that only listens. It is opened for the first listener and stays until it is closed. */
export class SubscriberLine {
  /** Asked at each connect; `unknown` while nobody knows. */
  readonly #address: () => Address | undefined | 'unknown';
  readonly #settings: LineSettings;
  readonly #refused: (name: string, failure: Failure) => void;
  readonly #topics = new Map<string, Topic>();
  #socket: Socket | undefined = undefined;
  #isReady = false;
  #isClosed = false;
  #failures = 0;
  #cancelRetry: CancelTimer | undefined = undefined;
  #cancelPing: CancelTimer | undefined = undefined;

  constructor(address: () => Address | undefined | 'unknown', settings: LineSettings, refused: (name: string, failure: Failure) => void) {
    this.#address = address;
    this.#settings = settings;
    this.#refused = refused;
  }

  /** Returns what ends it. */
  listen(kind: ListenKind, name: string, listener: Listener): () => void {
    const id = `${kind} ${name}`;
    const known = this.#topics.get(id);
    const topic = known ?? { kind, name, listeners: new Set(), isSubscribed: false };
    topic.listeners.add(listener);
    this.#topics.set(id, topic);
    if (topic.isSubscribed) listener.subscribed();
    else if (this.#socket === undefined) this.#connect();
    else if (known === undefined && this.#isReady) this.#subscribe([topic], this.#socket);
    return () => {
      if (!topic.listeners.delete(listener) || topic.listeners.size > 0) return;
      this.#topics.delete(id);
      if (this.#isReady) this.#unsubscribe(topic);
    };
  }

  /**
   * The master is another one, or was down. A master that became a replica keeps its subscribers and passes on what is published, so that nothing shows here that the store may
   * have gone back: whoever listens is told `lost`, and `subscribed` where the master is now.
   */
  renew(): void {
    if (!this.#isReady) return;
    this.#drop();
    this.#tellLost();
    if (this.#topics.size > 0) this.#connect();
  }

  close(): void {
    this.#isClosed = true;
    this.#drop();
    this.#cancelRetry?.();
    this.#topics.clear();
  }

  #connect(): void {
    const { runtime, driver } = this.#settings;
    if (this.#isClosed || this.#socket !== undefined) return;
    this.#cancelRetry?.();
    const at = this.#address();
    if (at === 'unknown') {
      this.#retry();
      return;
    }
    let socket: Socket | undefined = undefined;
    const current = (): boolean => socket !== undefined && socket === this.#socket;
    socket = driver.socket(at, {
      ready: () => { if (current()) this.#up(); },
      lost: (error) => { if (current()) this.#down(failureOf(error)); },
      message: (channel, text) => { if (current()) this.#tell('channel', channel, channel, text); },
      patternMessage: (pattern, channel, text) => { if (current()) this.#tell('pattern', pattern, channel, text); },
    });
    this.#socket = socket;
    this.#pingLater(runtime.now());
  }

  #up(): void {
    const socket = this.#socket;
    if (socket === undefined) return;
    this.#isReady = true;
    const topics = [...this.#topics.values()];
    const channels = topics.filter(({ kind }) => kind === 'channel');
    if (channels.length > 0) this.#subscribe(channels, socket);
    for (const topic of topics) if (topic.kind === 'pattern') this.#subscribe([topic], socket);
  }

  #subscribe(topics: readonly Topic[], socket: Socket): void {
    const [first] = topics;
    const names = topics.map(({ name }) => name);
    const answer = first?.kind === 'pattern' ? socket.subscribePattern(first.name) : socket.subscribe(names);
    answer.then(
      () => {
        if (socket !== this.#socket) return;
        this.#failures = 0;
        for (const topic of topics) this.#confirm(topic);
      },
      (error: unknown) => {
        const failure = failureOf(error);
        if (failure.kind === 'link' || socket !== this.#socket) return;
        // One that is forbidden fails the whole command: the others go on alone.
        if (topics.length > 1) for (const topic of topics) this.#subscribe([topic], socket);
        else if (first !== undefined) this.#refused(first.name, failure);
      },
    );
  }

  #confirm(topic: Topic): void {
    topic.isSubscribed = true;
    for (const listener of [...topic.listeners]) listener.subscribed();
  }

  #unsubscribe({ kind, name }: Topic): void {
    const answer = kind === 'pattern' ? this.#socket?.unsubscribePattern(name) : this.#socket?.unsubscribe([name]);
    answer?.catch(() => undefined);
  }

  #tell(kind: ListenKind, id: string, channel: string, text: string): void {
    const topic = this.#topics.get(`${kind} ${id}`);
    if (topic !== undefined) for (const listener of [...topic.listeners]) listener.message(channel, text);
  }

  #down(_failure: Failure): void {
    this.#drop();
    this.#failures += 1;
    this.#tellLost();
    if (this.#topics.size > 0) this.#retry();
  }

  #tellLost(): void {
    for (const topic of [...this.#topics.values()]) {
      if (!topic.isSubscribed) continue;
      topic.isSubscribed = false;
      for (const listener of [...topic.listeners]) listener.lost();
    }
  }

  #retry(): void {
    const { runtime, backoff } = this.#settings;
    const delayMs = backoffDelay(backoff, Math.max(1, this.#failures), () => runtime.random());
    this.#cancelRetry?.();
    this.#cancelRetry = runtime.at(runtime.now() + delayMs, () => { this.#connect(); });
  }

  #pingLater(from: number): void {
    const { runtime } = this.#settings;
    this.#cancelPing = runtime.at(from + pingMs, () => { this.#ping(); });
  }

  #ping(): void {
    const socket = this.#socket;
    if (socket === undefined) return;
    const { runtime } = this.#settings;
    // Before it is ready, the handshake has its own limit.
    if (!this.#isReady) {
      this.#pingLater(runtime.now());
      return;
    }
    this.#cancelPing = runtime.at(runtime.now() + pingMs, () => { if (socket === this.#socket) this.#down({ kind: 'link', word: 'STALLED', text: 'no answer to PING' }); });
    socket.call('ping', []).then(() => {
      if (socket !== this.#socket) return;
      this.#cancelPing?.();
      this.#pingLater(runtime.now());
    }, () => undefined);
  }

  #drop(): void {
    const socket = this.#socket;
    this.#socket = undefined;
    this.#isReady = false;
    this.#cancelPing?.();
    socket?.destroy();
  }
}
