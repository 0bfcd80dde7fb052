import type { KeyState } from '../../../src/port/key-store.js';
import { hasCome, mayHaveCome } from '../span.js';
import type { Span } from '../span.js';

/** A value as it was written. */
export interface Written {
  readonly revision: number;
  readonly body: string;
}

/** What is known of a shared key from outside. */
export class KeyModel {
  readonly key: string;
  body: string | undefined = undefined;
  mark: KeyState['mark'] = 'none';
  /** The highest revision that was seen of it. */
  revision = 0;
  /** The value ended by itself and nobody has seen at which revision. */
  isUnseen = false;
  expires: Span | undefined = undefined;
  /** When the value before, which was replaced or deleted or may have been over by then, would have ended by itself. */
  formerExpires: Span | undefined = undefined;
  /** Everything that was ever written to it. */
  readonly written: Written[] = [];
  /** What `history` must begin with, newest first. */
  replaced: readonly Written[] = [];
  keep = 0;

  constructor(key: string) {
    this.key = key;
  }

  set(body: string, revision: number, expires: Span | undefined, keep: number): void {
    this.replaced = this.body === undefined ? this.replaced : [{ revision: this.revision, body: this.body }, ...this.replaced];
    this.replaced = this.replaced.slice(0, keep);
    this.keep = keep;
    this.body = body;
    this.mark = 'none';
    this.#at(revision);
    this.formerExpires = this.expires ?? this.formerExpires;
    this.expires = expires;
    this.written.push({ revision, body });
  }

  /** It has no value from here on. */
  end(revision: number, mark: KeyState['mark']): void {
    this.body = undefined;
    this.mark = mark;
    this.#at(revision);
    this.formerExpires = this.expires;
    this.expires = undefined;
    this.replaced = [];
  }

  /** Its time may be over: was it seen to be there still, and at which revision? */
  look(hasValue: boolean, revision: number | undefined, now: Span): void {
    if (this.mayBeOver(now) && !hasValue) {
      this.end(revision ?? this.revision, 'none');
      this.isUnseen = revision === undefined;
    } else if (this.isUnseen && revision !== undefined) this.#at(revision);
  }

  /** Its time is over for certain; at which revision is not known yet. */
  runOut(now: Span): void {
    if (this.expires === undefined || !hasCome(this.expires, now)) return;
    this.end(this.revision, 'none');
    this.isUnseen = true;
  }

  mayBeOver(now: Span): boolean {
    return this.expires !== undefined && mayHaveCome(this.expires, now);
  }

  #at(revision: number): void {
    this.revision = revision;
    this.isUnseen = false;
  }
}
