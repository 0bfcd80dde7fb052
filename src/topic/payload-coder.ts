import type { StandardSchemaV1 } from '@standard-schema/spec';
import { from, of, type Observable } from 'rxjs';
import { bodyBytes, exceeds } from '../codec/body-size.js';
import type { Codec } from '../codec/codec.js';
import { jsonCodec } from '../codec/json-codec.js';
import { asyncSchemaError, isStandardSchema, validate } from '../codec/schema.js';
import { ChronowError, isChronowError } from '../errors.js';
import type { Body, StoredMessage } from '../port/message.js';
import { PendingPayload } from '../subscription/consumer.js';
import type { Client } from './client.js';

/** A payload as it goes to the backend. */
export interface EncodedPayload {
  readonly body: Body;
  /** undefined for the default codec. */
  readonly codec: string | undefined;
}

/** How large a body may be, and what to say when it is larger. */
export interface BodyLimit {
  readonly maxBytes: number;
  readonly code: 'PAYLOAD_TOO_LARGE' | 'VALUE_TOO_LARGE';
}

/** Checks, encodes, decodes and checks again: what stands between a user's payload and a body. */
export class PayloadCoder<T> {
  readonly #client: Client;
  readonly #codec: Codec<T> | undefined;
  readonly #schema: StandardSchemaV1<unknown, T> | undefined;
  readonly #what: string;

  constructor(client: Client, what: string, codec: Codec<T> | undefined, schema: StandardSchemaV1<unknown, T> | undefined) {
    if (schema !== undefined && !isStandardSchema(schema)) throw new ChronowError('OPTION_INVALID', `the schema of ${what} must be a Standard Schema (zod, valibot, arktype …): it has no "~standard"`);
    this.#client = client;
    this.#what = what;
    this.#schema = schema;
    this.#codec = codec;
    if (codec !== undefined) client.codecs.add(codec);
  }

  /** True when {@link PayloadCoder.encode} answers at once. */
  get hasSchema(): boolean {
    return this.#schema !== undefined;
  }

  /** The payload as the schema makes it. Answers within subscribe unless the schema asks elsewhere. */
  checked(payload: T): Observable<T> {
    if (this.#schema === undefined) return of(payload);
    const value = validate(this.#schema, payload, this.#what);
    if (!(value instanceof Promise)) return of(value);
    if (this.#client.runtime.virtual) throw asyncSchemaError(this.#what);
    return from(value);
  }

  /** Throws `PAYLOAD_UNENCODABLE`, or the limit's code. */
  encode(payload: T, limit: BodyLimit): EncodedPayload {
    const body = this.#encode(payload);
    if (exceeds(body, limit.maxBytes)) throw this.#tooLarge(body, limit);
    return { body, codec: this.#codec?.name };
  }

  /** Throws `PAYLOAD_UNDECODABLE`, `SCHEMA_REJECTED` or `SCHEMA_ASYNC`. */
  read(message: StoredMessage): T | PendingPayload<T> {
    const decoded = this.decode(message.body, message.codec);
    if (this.#schema === undefined) return decoded;
    const value = validate(this.#schema, decoded, this.#what);
    if (!(value instanceof Promise)) return value;
    if (this.#client.runtime.virtual) throw asyncSchemaError(this.#what);
    return new PendingPayload(value);
  }

  /** Decodes without a schema; readers choose the codec that the message names. */
  decode(body: Body, codecName: string | undefined): T {
    const codec: Codec | undefined = this.#codec !== undefined && this.#codec.name === codecName ? this.#codec : this.#client.codecs.find(codecName);
    if (codec === undefined) throw new ChronowError('PAYLOAD_UNDECODABLE', `${this.#what} was encoded by codec "${String(codecName)}", which this client does not know; give cw.topic() that codec`);
    try {
      // What a topic holds is the user's word unless a schema checks it.
      return codec.decode(body) as T;
    } catch (error) {
      if (isChronowError(error)) throw error;
      throw new ChronowError('PAYLOAD_UNDECODABLE', `codec ${codec.name} could not decode ${this.#what} (${String(bodyBytes(body))} bytes)`, { cause: error });
    }
  }

  #encode(payload: T): Body {
    if (this.#codec === undefined) return jsonCodec.encode(payload);
    try {
      return this.#codec.encode(payload);
    } catch (error) {
      if (isChronowError(error)) throw error;
      throw new ChronowError('PAYLOAD_UNENCODABLE', `codec ${this.#codec.name} could not encode ${this.#what}`, { cause: error });
    }
  }

  #tooLarge(body: Body, { maxBytes, code }: BodyLimit): ChronowError {
    const bytes = bodyBytes(body);
    return new ChronowError(code, `${this.#what} may have ${String(maxBytes)} bytes encoded; got ${String(bytes)}; store it elsewhere and send a reference`, { details: { bytes, maxBytes } });
  }
}
