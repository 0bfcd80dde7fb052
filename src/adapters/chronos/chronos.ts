/**
 * What is used of chronos-db 2.3, by its shape: the package is in no registry, and its own types are not needed to hand an instance in.
 */
export interface ChronosInstance {
  /** Connects at once, for each object anew. */
  messaging(tenantId: string): ChronosMessagingApi;
  readonly admin?: { readonly shutdown?: (() => Promise<unknown>) | undefined } | undefined;
}

export interface ChronosMessagingApi {
  readonly shared: {
    save(value: { namespace: string; key: string; val: unknown; strategy?: 'append' | 'latest' }): Promise<{ readonly id: string; readonly version?: number | undefined }>;
    load(value: { namespace: string; key: string; strategy?: 'append' | 'latest'; version?: number }): Promise<unknown>;
    tombstone(value: { namespace: string; key: string; reason?: string }): Promise<unknown>;
  };
  readonly topics: {
    ensure(topic: { topic: string; shards?: number }): Promise<unknown>;
    get(topic: { topic: string }): Promise<unknown>;
  };
  readonly messages: {
    save(message: { topic: string; msgId: string; headers?: Record<string, string>; payload: unknown; firstSeenAt?: Date; size?: number }): Promise<unknown>;
    get(message: { topic: string; msgId: string }): Promise<ChronosMessage | null>;
    /** Newest first; 0 is no limit. */
    list(range: { topic: string; after?: Date; limit?: number }): Promise<readonly ChronosMessage[]>;
  };
  /** undefined: it was not configured to keep them. */
  readonly deliveries?: ChronosDeliveries | undefined;
  readonly deadLetters: {
    save(letter: { topic: string; subscription?: string; msgId: string; headers?: Record<string, string>; payload: unknown; deliveries: number; reason?: string; failedAt?: Date }): Promise<unknown>;
    list(range: { topic: string; after?: Date; limit?: number }): Promise<readonly ChronosDeadLetter[]>;
  };
}

export interface ChronosDeliveries {
  /** Of one attempt the last call counts; a reason stays where the call has none. */
  append(delivery: { topic: string; subscription: string; msgId: string; attempt: number; status: 'pending' | 'ack' | 'nack' | 'dead'; consumerId?: string; reason?: string; ts?: Date }): Promise<unknown>;
}

export interface ChronosMessage {
  readonly msgId: string;
  readonly headers?: Readonly<Record<string, string>> | undefined;
  readonly payload: unknown;
  readonly firstSeenAt: Date;
}

export interface ChronosDeadLetter {
  readonly msgId: string;
  readonly subscription?: string | undefined;
  readonly headers?: Readonly<Record<string, string>> | undefined;
}
