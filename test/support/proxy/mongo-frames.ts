import { BSON } from 'mongodb';

/** One whole message of MongoDB's wire protocol. */
export interface MongoFrame {
  readonly bytes: Buffer;
  readonly id: number;
  /** The request that it answers; of a stream of answers, the one before. */
  readonly responseTo: number;
  /** Another one follows without being asked for. Of a request: nobody answers it. */
  readonly moreToCome: boolean;
  /** The command, or its answer. */
  readonly body: () => BSON.Document;
}

const headerBytes = 16;

const opReply = 1;
const opQuery = 2_004;
const opMsg = 2_013;

/** Cuts a stream of messages, each with its length before it, however it was cut before. */
export class MongoFramer {
  #rest: Buffer = Buffer.alloc(0);

  take(chunk: Buffer): readonly MongoFrame[] {
    this.#rest = this.#rest.length === 0 ? chunk : Buffer.concat([this.#rest, chunk]);
    const frames: MongoFrame[] = [];
    let from = 0;
    while (this.#rest.length >= from + headerBytes) {
      const length = this.#rest.readInt32LE(from);
      if (length < headerBytes) throw new Error(`a message of MongoDB says that it has ${length} bytes`);
      if (this.#rest.length < from + length) break;
      frames.push(frameOf(this.#rest.subarray(from, from + length)));
      from += length;
    }
    this.#rest = this.#rest.subarray(from);
    return frames;
  }
}

function frameOf(bytes: Buffer): MongoFrame {
  const opCode = bytes.readInt32LE(12);
  const flags = opCode === opMsg ? bytes.readInt32LE(headerBytes) : 0;
  return { bytes, id: bytes.readInt32LE(4), responseTo: bytes.readInt32LE(8), moreToCome: (flags & 2) !== 0, body: () => bodyOf(bytes, opCode) };
}

function bodyOf(bytes: Buffer, opCode: number): BSON.Document {
  const at = bodyAt(bytes, opCode);
  return at === undefined ? {} : BSON.deserialize(bytes.subarray(at, at + bytes.readInt32LE(at)), { promoteBuffers: true });
}

/** Where the document of a message begins; undefined: it is none that anybody asks about. */
function bodyAt(bytes: Buffer, opCode: number): number | undefined {
  if (opCode === opMsg) return sectionAt(bytes, headerBytes + 4);
  if (opCode === opReply) return headerBytes + 20;
  // Flags, the name of a collection, and two numbers.
  return opCode === opQuery ? bytes.indexOf(0, headerBytes + 4) + 9 : undefined;
}

/** The section that is one document; before it may stand lists of documents, each with its length. */
function sectionAt(bytes: Buffer, from: number): number | undefined {
  if (from >= bytes.length) return undefined;
  return bytes[from] === 0 ? from + 1 : sectionAt(bytes, from + 1 + bytes.readInt32LE(from + 1));
}
