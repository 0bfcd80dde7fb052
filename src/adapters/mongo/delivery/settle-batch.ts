import type { SettleDeviation } from '../../../port/lease.js';
import type { SettleItem, SettleKind } from './settle-item.js';

/** Settlements of one kind that go out together, and who waits for them. */
export class SettleBatch {
  readonly kind: SettleKind;
  readonly items: SettleItem[] = [];
  readonly done: Promise<void>;
  lost: ReadonlySet<SettleItem> = new Set();
  resolve: () => void = () => undefined;
  reject: (error: unknown) => void = () => undefined;

  constructor(kind: SettleKind) {
    this.kind = kind;
    this.done = new Promise((resolve, reject) => {
      this.resolve = resolve;
      this.reject = reject;
    });
    // Whoever asked may have gone; whoever is there hears of it.
    this.done.catch(() => undefined);
  }

  resultOf(item: SettleItem): SettleDeviation['result'] | undefined {
    return this.lost.has(item) ? 'lost' : item.outcome;
  }
}
