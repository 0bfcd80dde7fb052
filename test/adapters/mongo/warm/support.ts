import type { Db, Document } from 'mongodb';

/** The indexes of a collection by name, but for the one of its ids. */
export async function indexesOf(db: Db, name: string): Promise<Record<string, Document>> {
  const answer: Record<string, Document> = {};
  for (const { name: own = '', key: keys, unique, partialFilterExpression, expireAfterSeconds } of await db.collection(name).indexes()) {
    if (own !== '_id_') answer[own] = { keys, ...(unique === true ? { unique } : {}), ...(partialFilterExpression === undefined ? {} : { partialFilterExpression }), ...(expireAfterSeconds === undefined ? {} : { expireAfterSeconds }) };
  }
  return answer;
}
