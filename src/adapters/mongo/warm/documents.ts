import type { ObjectId } from 'mongodb';
import type { DeathNote } from '../../../port/inspection.js';
import type { SettledDelivery, UpsertStrategy } from '../../../port/warm-store.js';
import type { BodyEncoding } from './body-value.js';

/** The format of what is ours in a document. */
export const warmFormat = 1;

/** What we add to a document of chronos-db, which its readers pass over. */
interface Notes {
  readonly f: typeof warmFormat;
  readonly enc?: BodyEncoding | undefined;
}

/** A value, or what is known of its end. Documents of others have no `cw`. */
export interface SharedDocument {
  readonly _id: ObjectId;
  readonly tenantId: string;
  readonly namespace: string;
  readonly key: string;
  readonly val: unknown;
  readonly strategy: UpsertStrategy;
  readonly version?: number | undefined;
  readonly createdAt: Date;
  readonly updatedAt: Date;
  readonly expiresAt?: Date | undefined;
  readonly cw?: SharedNotes | undefined;
}

export interface SharedNotes extends Notes {
  /** The hot revision. */
  readonly rev: number;
  /** `deleted`: a document of strategy `latest` that stands for no value; `closed`: the last one of an appended history. */
  readonly end?: 'deleted' | 'closed' | undefined;
  /** Appended versions up to this revision were deleted. */
  readonly floor?: Floor | undefined;
}

export interface Floor {
  readonly rev: number;
  readonly at: Date;
}

export interface TopicDocument {
  readonly _id: ObjectId;
  readonly tenantId: string;
  readonly topic: string;
  readonly shards: number;
  readonly createdAt: Date;
}

export interface MessageDocument {
  readonly _id: ObjectId;
  readonly tenantId: string;
  readonly topic: string;
  readonly msgId: string;
  readonly headers?: Readonly<Record<string, string>> | undefined;
  readonly payload: unknown;
  readonly firstSeenAt: Date;
  readonly size: number;
  readonly expiresAt?: Date | undefined;
  readonly cw?: MessageNotes | undefined;
}

export interface MessageNotes extends Notes {
  readonly codec?: string | undefined;
  readonly key?: string | undefined;
  /** When the message itself expires. */
  readonly x?: Date | undefined;
  /** Headers whose names MongoDB would not take: names and values by turns. */
  readonly h?: readonly string[] | undefined;
}

export interface DeadLetterDocument extends Omit<MessageDocument, 'firstSeenAt' | 'size' | 'cw'> {
  readonly subscription: string;
  readonly deliveries: number;
  readonly failedAt: Date;
  readonly reason?: string | undefined;
  readonly cw: DeadLetterNotes;
}

export interface DeadLetterNotes extends MessageNotes {
  readonly publishedAt: Date;
  readonly history: readonly DeathNote[];
}

/** All of chronos-db, but for the date on which it ends. */
export interface DeliveryDocument {
  readonly _id: ObjectId;
  readonly tenantId: string;
  readonly topic: string;
  readonly subscription: string;
  readonly msgId: string;
  readonly attempt: number;
  readonly status: SettledDelivery['status'];
  readonly consumerId: string;
  readonly reason?: string | undefined;
  readonly ts: Date;
  readonly expiresAt?: Date | undefined;
}
