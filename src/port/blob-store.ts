import type { Observable } from 'rxjs';

/** Where a body too large for the hot tier lies. */
export interface BlobRef {
  readonly store: string;
  readonly key: string;
  readonly bytes: number;
  readonly sha256: string;
}

/** Large bodies by reference. The object is written before the message, and removed after it. */
export interface BlobStore {
  put(key: string, body: Uint8Array): Observable<BlobRef>;
  /** Errors with `PAYLOAD_UNDECODABLE` where the object is gone or differs from its checksum. */
  get(ref: BlobRef): Observable<Uint8Array>;
  remove(ref: BlobRef): Observable<void>;
}
