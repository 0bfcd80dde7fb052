import type { Document, OptionalUnlessRequiredId } from 'mongodb';
import type { HotCollection, MongoStore } from '../connection/store.js';

const duplicate = 11_000;

/**
 * Inserts documents with ids of their own, in this order, and says which of them met a duplicate key (by their places). One that was inserted by an
 * earlier attempt is among them. `before`: called before each attempt, may refuse it.
 */
export async function insertAll<T extends Document>(store: MongoStore, name: HotCollection, documents: readonly OptionalUnlessRequiredId<T>[], deadlineMs: number, before: () => void): Promise<readonly number[]> {
  if (documents.length === 0) return [];
  const collection = store.collection<T>(name);
  const insert = async (): Promise<readonly number[]> => {
    before();
    try {
      // Unordered means that one duplicate does not stop the others; the server goes through them in order all the same.
      await collection.insertMany([...documents], { ordered: false });
      return [];
    } catch (error) {
      return duplicatesOf(error);
    }
  };
  return store.attempt(`publish to ${name}`, insert, { deadlineMs });
}

/** The places that met a duplicate key; any other error is thrown on. */
function duplicatesOf(error: unknown): readonly number[] {
  if (!(error instanceof Error)) throw error;
  const failures = listOf(Reflect.get(error, 'writeErrors'));
  const concern = writeConcernCode(Reflect.get(error, 'result'));
  // Stored, perhaps, by a primary that is none any more: to be done again.
  if (concern !== undefined) throw Object.assign(new Error('the write concern was not satisfied'), { code: concern });
  if (failures.length === 0) throw error;
  const places: number[] = [];
  for (const failure of failures) {
    const { code, index } = fieldsOf(failure);
    if (code !== duplicate || typeof index !== 'number') throw error;
    places.push(index);
  }
  return places;
}

function writeConcernCode(result: unknown): unknown {
  const get: unknown = typeof result === 'object' && result !== null ? Reflect.get(result, 'getWriteConcernError') : undefined;
  const concern: unknown = typeof get === 'function' ? Reflect.apply(get, result, []) : undefined;
  return typeof concern === 'object' && concern !== null ? Reflect.get(concern, 'code') : undefined;
}

function listOf(value: unknown): readonly unknown[] {
  if (Array.isArray(value)) return value;
  return value === undefined || value === null ? [] : [value];
}

function fieldsOf(failure: unknown): { readonly code?: unknown; readonly index?: unknown } {
  return typeof failure === 'object' && failure !== null ? { code: Reflect.get(failure, 'code'), index: Reflect.get(failure, 'index') } : {};
}
