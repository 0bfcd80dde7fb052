import assert from 'node:assert/strict';
import type { Observable } from 'rxjs';
import type { KeyChange, WatchSignal } from '../../src/port/watch-source.js';
import type { Scene } from './scene.js';

/** What a watcher was shown. */
export class WatchLog {
  readonly signals: WatchSignal[] = [];
  error: unknown;
  ended = false;
  readonly #scene: Scene;
  readonly #stop: () => void;

  constructor(scene: Scene, source: Observable<WatchSignal>) {
    this.#scene = scene;
    const subscription = source.subscribe({
      next: (signal) => this.signals.push(signal),
      error: (error: unknown) => {
        this.error = error;
        this.ended = true;
      },
      complete: () => {
        this.ended = true;
      },
    });
    this.#stop = () => subscription.unsubscribe();
  }

  stop(): void {
    this.#stop();
  }

  /** Changes in the order shown. */
  get changes(): readonly KeyChange[] {
    return this.signals.flatMap((signal) => (signal.kind === 'change' ? [signal.change] : []));
  }

  /** Changes after the first `live`. */
  get later(): readonly KeyChange[] {
    return this.changes.slice(this.present.length);
  }

  /** Changes before the first `live`: what was there already. */
  get present(): readonly KeyChange[] {
    const live = this.signals.findIndex((signal) => signal.kind === 'status' && signal.status === 'live');
    return this.signals.slice(0, live < 0 ? undefined : live).flatMap((signal) => (signal.kind === 'change' ? [signal.change] : []));
  }

  /** Waits until every later change will be shown. */
  async live(): Promise<void> {
    await this.#scene.eventually(async () => {
      assert.equal(this.ended, false, 'the watch ended');
      assert.ok(
        this.signals.some((signal) => signal.kind === 'status' && signal.status === 'live'),
        'the watch never became live',
      );
    });
  }

  /** Waits until so many later changes were shown. */
  async shown(count: number): Promise<readonly KeyChange[]> {
    await this.#scene.eventually(async () => assert.ok(this.later.length >= count, `${count} changes were to be shown, ${this.later.length} were`));
    return this.later;
  }
}
