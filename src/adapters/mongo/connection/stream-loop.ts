import type { ChangeStream, ChangeStreamDocument, Timestamp } from 'mongodb';
import type { Runtime } from '../../../port/runtime.js';
import { backoffDelay, type Backoff } from '../../../retry/backoff.js';
import { pipelineOf, readEvent, timeOfToken } from './change-events.js';
import { streamClient, type Client } from './client.js';
import type { Feed, FeedEvents } from './feed.js';
import type { ConnectionOptions } from './options.js';
import { Pulse } from './pulse.js';
import { failureOf, type Failure } from './server-error.js';
import { covers, noKeys, opening, type StreamFilter } from './stream-filter.js';

export interface StreamParts {
  readonly options: ConnectionOptions;
  readonly wanted: () => StreamFilter;
  /** The server's present time, from which on a fresh stream tells everything. */
  readonly operationTime: () => Promise<Timestamp>;
  readonly events: FeedEvents;
}

type Start = { readonly resumeAfter: unknown } | { readonly startAtOperationTime: Timestamp };

/** Why a stream ended, other than by an error of its own. */
type Cut = 'stopped' | 'widened' | 'primary changed' | 'stalled';

/** After so many failures in a row a token is not believed any more. */
const mostFailures = 5;

/** Less than the pulse waits: no primary is another thing than a frozen one. */
const selectMs = 1_500;

/** Topics of one start come together. */
const widenMs = 5;

/**
 * Keeps one change stream open, on a client of its own. The driver resumes once, waits 30 s for a dead primary before it does, and does not notice a frozen one
 * at all: so a stream that is in doubt is dropped, without waiting for its close, and another one is opened where it was.
 */
export class StreamLoop implements Feed {
  readonly #parts: StreamParts;
  readonly #runtime: Runtime;
  readonly #backoff: Backoff;
  readonly #pulse: Pulse;
  #client: Client | undefined = undefined;
  #start: Start | undefined = undefined;
  #at: Timestamp | undefined = undefined;
  #filter: StreamFilter = { topics: new Set(), keys: noKeys };
  #isWidened = false;
  #missed = true;
  #failures = 0;
  #misses = 0;
  #isStopped = false;
  #cut: ((why: Cut) => void) | undefined = undefined;
  #goodbye: Promise<unknown> = Promise.resolve();
  readonly #ended: Promise<void>;

  constructor(parts: StreamParts) {
    const { runtime, retryMs = 1_000 } = parts.options;
    this.#parts = parts;
    this.#runtime = runtime;
    this.#backoff = { initialMs: Math.min(50, retryMs), maxMs: retryMs, factor: 2, jitter: 'equal' };
    this.#pulse = new Pulse({
      runtime,
      ask: () => (this.#client ?? this.#newClient()).hello(),
      answered: () => { this.#misses = 0; },
      missed: (failure) => { this.#missedBeat(failure); },
    });
    this.#pulse.start();
    this.#ended = this.#run();
  }

  widen(): void {
    this.#runtime.at(this.#runtime.now() + widenMs, () => { if (!covers(this.#filter, this.#parts.wanted())) this.#cut?.('widened'); });
  }

  async stop(): Promise<void> {
    this.#isStopped = true;
    this.#pulse.stop();
    this.#cut?.('stopped');
    await this.#ended;
    // A cursor whose connection goes first stays on the server for minutes.
    await Promise.race([this.#goodbye, this.#pause(500)]);
    await this.#client?.close();
  }

  async #run(): Promise<void> {
    while (!this.#isStopped) {
      const cut = new Promise<Cut>((resolve) => { this.#cut = resolve; });
      const end = await this.#once(cut);
      this.#isWidened = end === 'widened';
      if (this.#isStopped || end === 'stopped') return;
      // It opens again where it was, and nobody misses anything: not worth a word.
      if (end === 'widened') continue;
      this.#parts.events.stale();
      if (end === 'stalled') this.#replaceClient();
      if (typeof end === 'object' && this.#isRefused(end)) return;
      this.#failures += 1;
      const pauseMs = end === 'primary changed' ? 0 : backoffDelay(this.#backoff, this.#failures, () => this.#runtime.random());
      await Promise.race([this.#pause(pauseMs), cut]);
    }
  }

  /** One stream, from its opening to its end. */
  async #once(cut: Promise<Cut>): Promise<Cut | Failure> {
    let stream: ChangeStream | undefined = undefined;
    try {
      if (this.#start === undefined) {
        const at = await Promise.race([this.#parts.operationTime(), cut]);
        if (typeof at === 'string') return at;
        this.#at = at;
        this.#missed = true;
        this.#start = { startAtOperationTime: at };
      }
      const opened = this.#open(this.#start);
      stream = opened;
      const end = await Promise.race([this.#read(opened), cut]);
      this.#keepPlace(opened, end);
      return end;
    } catch (error) {
      const failure = failureOf(error);
      if (stream !== undefined) this.#keepPlace(stream, failure);
      return failure;
    } finally {
      // Not awaited: it asks the very server that may be gone.
      if (stream !== undefined) this.#goodbye = stream.close().catch(() => undefined);
    }
  }

  #open(start: Start): ChangeStream {
    this.#client ??= this.#newClient();
    this.#filter = opening(this.#parts.wanted(), this.#isWidened ? this.#filter.keys : noKeys);
    const filter = this.#filter;
    const stream = this.#client.db.watch(pipelineOf(filter), { ...start, maxAwaitTimeMS: 5_000, readConcern: { level: 'majority' } });
    let isLive = false;
    const live = (): void => {
      if (this.#isStopped || stream.closed) return;
      // The first reply to be read on is what proves that it stands.
      if (isLive) this.#failures = 0;
      if (isLive) return;
      isLive = true;
      const missed = this.#missed;
      this.#missed = false;
      this.#parts.events.live(this.#at, missed, filter);
    };
    // The reply to the opening, if nothing is there to be told yet.
    stream.on('resumeTokenChanged', live);
    return stream;
  }

  /** Never returns: it ends with an error. */
  async #read(stream: ChangeStream): Promise<never> {
    for (;;) {
      const event: ChangeStreamDocument = await stream.next();
      if (this.#isStopped || stream.closed) continue;
      // An event changes the token: it is live by now.
      if (event.clusterTime !== undefined) this.#at = event.clusterTime;
      const read = readEvent(event);
      if (read !== undefined) this.#parts.events.event(read);
    }
  }

  /** Where the next stream begins. */
  #keepPlace(stream: ChangeStream, end: Cut | Failure): void {
    const token: unknown = stream.resumeToken;
    if (end === 'widened') {
      // Reads for those that are told more must meet what was before.
      const at = timeOfToken(token);
      if (at !== undefined && this.#at?.greaterThan(at) !== true) this.#at = at;
      this.#start = this.#at === undefined ? undefined : { startAtOperationTime: at ?? this.#at };
    } else if (typeof end === 'object' && (end.kind === 'server' || end.kind === 'input' || (end.kind === 'passing' && this.#failures >= mostFailures))) {
      // History lost, an event too large, a bad token: whatever it is, the same place would bring it again.
      this.#start = undefined;
      this.#missed = true;
    } else if (token !== undefined && token !== null) {
      this.#start = { resumeAfter: token };
    }
  }

  #isRefused({ kind, code, word }: Failure): boolean {
    // What a fresh stream is refused again and again will not change by asking.
    const isHopeless = kind === 'server' && this.#failures >= mostFailures;
    const why = code === 13 ? 'no right' : code === 40_573 ? 'standalone' : isHopeless ? word : undefined;
    if (why === undefined) return false;
    this.#pulse.stop();
    this.#parts.events.refused(why);
    return true;
  }

  #missedBeat(failure: Failure): void {
    this.#misses += 1;
    if (failure.word === 'STALLED') this.#cut?.('stalled');
    else if (this.#misses === 2) this.#cut?.('primary changed');
  }

  #newClient(): Client {
    this.#client = streamClient(this.#parts.options, { minPoolSize: 0, maxPoolSize: 4, serverSelectionTimeoutMS: selectMs }, () => { this.#primaryChanged(); });
    return this.#client;
  }

  #primaryChanged(): void {
    this.#misses = 0;
    this.#pulse.again();
    this.#cut?.('primary changed');
  }

  /** Its connections may all lead to a host that never answers. */
  #replaceClient(): void {
    void this.#client?.close();
    this.#newClient();
  }

  #pause(ms: number): Promise<void> {
    return new Promise((resolve) => { this.#runtime.at(this.#runtime.now() + ms, resolve); });
  }
}
