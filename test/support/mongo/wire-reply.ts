import { BSON, type Document } from 'mongodb';
import type { MongoFrame } from '../proxy/mongo-frames.js';

const opReply = 1;
const opQuery = 2_004;
const opMsg = 2_013;

/** The bytes of an answer: the first greeting of a driver is asked and answered in the way before OP_MSG. */
export function reply({ bytes, id }: MongoFrame, document: Document): Buffer {
  const body = BSON.serialize(document, { ignoreUndefined: true });
  const isOld = bytes.readInt32LE(12) === opQuery;
  // Flags, no cursor, from the first, one document; or flags and a section of one document.
  const before = isOld ? Buffer.concat([ints(8), Buffer.alloc(8), ints(0, 1)]) : Buffer.concat([ints(0), Buffer.alloc(1)]);
  return Buffer.concat([ints(16 + before.length + body.length, 1, id, isOld ? opReply : opMsg), before, body]);
}

function ints(...values: readonly number[]): Buffer {
  const bytes = Buffer.alloc(4 * values.length);
  values.forEach((value, index) => { bytes.writeInt32LE(value, 4 * index); });
  return bytes;
}
