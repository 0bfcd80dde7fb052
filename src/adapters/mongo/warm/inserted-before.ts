import { MongoBulkWriteError, type BulkWriteOptions } from 'mongodb';

/** Those that could not be inserted because they are there; `insert` is the collection's `insertMany`. */
export async function insertedBefore<T>(documents: readonly T[], insert: (documents: T[], options: BulkWriteOptions) => Promise<unknown>): Promise<readonly T[]> {
  if (documents.length === 0) return [];
  try {
    await insert([...documents], { ordered: false });
    return [];
  } catch (error) {
    if (!(error instanceof MongoBulkWriteError)) throw error;
    const errors = [error.writeErrors].flat();
    if (errors.some(({ code }) => code !== 11_000) || error.result.getWriteConcernError() !== undefined) throw error;
    return errors.flatMap(({ index }) => documents[index] ?? []);
  }
}
