import type { WarmVersion } from '../../../port/warm-store.js';
import { ChronowError } from '../../../errors.js';
import { bodyOf } from './body-value.js';
import { warmFormat, type Floor, type SharedDocument } from './documents.js';

/** What a read of one key found. */
export interface KeyDocuments {
  /** The document of strategy `latest`, also one that has ended. */
  readonly latest: SharedDocument | undefined;
  /** Versions that have not ended, newest first. */
  readonly appended: readonly SharedDocument[];
  /** The newest appended one of ours, where others appended later. */
  readonly ours: SharedDocument | undefined;
}

/** What the warm tier has of one key at a time: the same answers as the model in src/adapters/memory. */
export class KeyView {
  /** As it is stored, ended or not. */
  readonly stored: SharedDocument | undefined;
  readonly #latest: SharedDocument | undefined;
  readonly #appended: readonly SharedDocument[];
  readonly #ours: SharedDocument | undefined;

  constructor({ latest, appended, ours }: KeyDocuments, now: number) {
    this.stored = latest;
    this.#latest = latest === undefined || hasEnded(latest, now) ? undefined : latest;
    this.#appended = appended;
    this.#ours = ours;
    for (const document of [latest, ...appended]) refuseNewer(document);
  }

  /** The highest hot revision that is known. */
  get revision(): number {
    return Math.max(0, ...[this.#latest, this.#appended[0], this.#ours].map((document) => document?.cw?.rev ?? 0));
  }

  get top(): SharedDocument | undefined {
    return this.#appended[0];
  }

  get nextVersion(): number {
    return (this.#appended[0]?.version ?? -1) + 1;
  }

  /** The deletion that closed the history, where nothing newer is there. */
  get closed(): SharedDocument | undefined {
    const [top] = this.#appended;
    return top?.cw?.end === 'closed' && top.cw.rev >= (this.#latest?.cw?.rev ?? 0) ? top : undefined;
  }

  get floor(): Floor | undefined {
    return this.#latest?.cw?.floor;
  }

  history(): readonly WarmVersion[] {
    const latest = this.#latest?.cw?.end === 'deleted' || this.closed !== undefined ? undefined : this.#latest;
    return [...this.#appended, ...(latest === undefined ? [] : [latest])].sort(newestFirst).map(versionOf);
  }

  newest(): WarmVersion | undefined {
    return this.history()[0] ?? (this.#latest?.cw?.end === 'deleted' ? versionOf(this.#latest) : undefined);
  }
}

export function hasEnded({ expiresAt }: SharedDocument, now: number): boolean {
  return expiresAt !== undefined && expiresAt.getTime() <= now;
}

/** By revision; what others wrote has none and counts by its time. */
function newestFirst(one: SharedDocument, other: SharedDocument): number {
  const both = one.cw !== undefined && other.cw !== undefined;
  return both ? other.cw.rev - one.cw.rev : other.updatedAt.getTime() - one.updatedAt.getTime();
}

function versionOf({ val, version, cw, updatedAt, expiresAt }: SharedDocument): WarmVersion {
  return { body: cw?.end === undefined ? bodyOf(val, cw?.enc) : undefined, version: version ?? 0, revision: cw?.rev ?? 0, writtenAt: updatedAt.getTime(), expiresAt: expiresAt?.getTime() };
}

function refuseNewer(document: SharedDocument | undefined): void {
  const written: unknown = document?.cw?.f;
  if (typeof written === 'number' && written > warmFormat) throw new ChronowError('FORMAT_TOO_NEW', `the warm tier holds a value in format ${String(written)}; this version reads up to ${String(warmFormat)}: update it`, { details: { format: written } });
}
