import type { Observable } from 'rxjs';
import { expect, onTestFinished } from 'vitest';
import type { KeyChange, WatchSignal, WatchStatus } from '../../../src/port/watch-source.js';
import { until } from '../servers/until.js';

/** What one watcher was shown. */
export class Seen {
  readonly signals: WatchSignal[] = [];
  readonly stop: () => void;
  failure: unknown = undefined;
  isOver = false;

  constructor(source: Observable<WatchSignal>) {
    const subscription = source.subscribe({
      next: (signal) => { this.signals.push(signal); },
      error: (error: unknown) => {
        this.failure = error;
        this.isOver = true;
      },
      complete: () => { this.isOver = true; },
    });
    this.stop = () => { subscription.unsubscribe(); };
    onTestFinished(this.stop);
  }

  get changes(): readonly KeyChange[] {
    return this.signals.flatMap((signal) => (signal.kind === 'change' ? [signal.change] : []));
  }

  get statuses(): readonly WatchStatus[] {
    return this.signals.flatMap((signal) => (signal.kind === 'status' ? [signal.status] : []));
  }

  get last(): KeyChange | undefined {
    return this.changes.at(-1);
  }

  get body(): unknown {
    return this.last?.state.body;
  }

  live(): Promise<void> {
    return until('the watcher is live', async () => this.statuses.at(-1) === 'live');
  }

  /** Waits until it shows this body. */
  shows(body: unknown, limitMs?: number): Promise<void> {
    return until(`the watcher shows ${String(body)}`, async () => this.body === body, limitMs);
  }

  /** Waits until there were so many changes. */
  showsMore(count: number, limitMs?: number): Promise<void> {
    return until(`the watcher has shown ${String(count)} changes`, async () => this.changes.length >= count, limitMs);
  }

  /** The revision never went back; per key. */
  expectForward(): void {
    const latest = new Map<string, number>();
    for (const { key: { key }, state: { revision } } of this.changes) {
      expect(revision).toBeGreaterThanOrEqual(latest.get(key) ?? 0);
      latest.set(key, revision);
    }
  }
}
