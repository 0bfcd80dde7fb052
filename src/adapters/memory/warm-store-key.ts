import { ChronowError } from '../../errors.js';
import type { KeyRef } from '../../port/names.js';
import type { WarmValue, WarmVersion } from '../../port/warm-store.js';

type Save = Omit<WarmValue, 'key' | 'retentionDays'>;

/** What the warm tier has of one key: its versions of either strategy, newest first, and the deletion they stand behind. */
export class WarmKey {
  readonly #key: KeyRef;
  #appended: readonly WarmVersion[] = [];
  #latest: WarmVersion | undefined = undefined;
  #ended: (WarmVersion & { readonly isClosed: boolean }) | undefined = undefined;

  constructor(key: KeyRef) {
    this.#key = key;
  }

  /** The highest hot revision counts: what was overtaken, or comes twice, changes nothing. */
  save({ body, revision, strategy, maxVersions }: Save, now: number, expiresAt: number | undefined): void {
    this.#forget(now);
    if (revision <= this.#revision) return;
    if (this.#ended?.isClosed === true) throw new ChronowError('KEY_CLOSED', `key "${this.#key.key}" was deleted for good and keeps only its history; use another key.`, { details: { key: this.#key.key } });
    this.#ended = undefined;
    const saved: WarmVersion = { body, revision, version: 0, writtenAt: now, expiresAt };
    if (strategy === 'latest') this.#latest = saved;
    else this.#appended = [{ ...saved, version: this.#nextVersion }, ...this.#appended].slice(0, maxVersions);
  }

  end(revision: number, keepHistory: boolean, now: number, expiresAt: number | undefined): void {
    this.#forget(now);
    if (revision <= this.#revision) return;
    this.#ended = { body: undefined, version: keepHistory ? this.#nextVersion : 0, revision, writtenAt: now, expiresAt, isClosed: keepHistory };
    this.#latest = undefined;
    if (!keepHistory) this.#appended = [];
  }

  newest(now: number): WarmVersion | undefined {
    return this.history(now)[0] ?? this.#deletion;
  }

  history(now: number): readonly WarmVersion[] {
    this.#forget(now);
    if (this.#ended?.isClosed === true && this.#deletion !== undefined) return [this.#deletion, ...this.#appended];
    // Both strategies, where it was changed.
    return [...this.#appended, ...(this.#latest === undefined ? [] : [this.#latest])].sort((one, other) => other.revision - one.revision);
  }

  get #deletion(): WarmVersion | undefined {
    if (this.#ended === undefined) return undefined;
    const { isClosed: _isClosed, ...deletion } = this.#ended;
    return deletion;
  }

  get #revision(): number {
    return Math.max(0, this.#ended?.revision ?? 0, this.#latest?.revision ?? 0, this.#appended[0]?.revision ?? 0);
  }

  get #nextVersion(): number {
    return (this.#appended[0]?.version ?? -1) + 1;
  }

  #forget(now: number): void {
    const holds = ({ expiresAt }: WarmVersion): boolean => expiresAt === undefined || expiresAt > now;
    if (this.#latest !== undefined && !holds(this.#latest)) this.#latest = undefined;
    if (this.#ended !== undefined && !holds(this.#ended)) this.#ended = undefined;
    this.#appended = this.#appended.filter(holds);
  }
}
