/** Which of the requests a fault is about. */
export interface Aim {
  /** `xadd`, `xgroup create`, or the name of a script; any request where left out. */
  readonly command?: string;
  /** It strikes at this one of them, counted from now, over all connections. Default 1. */
  readonly nth?: number;
  /** At how many in a row. Default 1. */
  readonly times?: number;
  /** Counts only replies that hold something: not a read that came back with nothing. */
  readonly filled?: boolean;
}

export type Fault =
  /** The server has done it; the reply is lost, and the connection closes. Earlier replies arrive. */
  | ({ readonly kind: 'drop-reply' } & Aim)
  /** The request does not reach the server, and the connection closes. */
  | ({ readonly kind: 'drop-request' } & Omit<Aim, 'filled'>)
  /** This reply and all that would follow on its connection are lost; it stays open. With `everywhere` all connections, new ones too. */
  | ({ readonly kind: 'swallow'; readonly everywhere?: boolean } & Aim)
  /** The connection closes when this many bytes went through it, counted over all connections from now. */
  | { readonly kind: 'cut-after'; readonly bytes: number; readonly of?: 'replies' | 'requests' }
  /** Everything arrives later, both ways, in order. */
  | { readonly kind: 'delay'; readonly ms: number; readonly jitterMs?: number }
  /** Everything arrives in pieces of one to this many bytes. */
  | { readonly kind: 'slice'; readonly bytes: number }
  /** New connections are reset at once; those that there are stay. */
  | { readonly kind: 'refuse' };

/** A fault at work. */
export interface Injected {
  readonly fault: Fault;
  /** When it has struck for the first time. */
  readonly struck: Promise<void>;
  /** How often it has struck. */
  readonly strikes: number;
  /** Ends it. */
  remove(): void;
}
