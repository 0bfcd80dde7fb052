import { BSON, type Document } from 'mongodb';
import type { Member } from '../../support/mongo/member.js';

/** A command as (extended) JSON, to a database; without one to `admin`. */
export function command(member: Member, [text, database]: readonly (string | number)[]): Promise<Document> {
  const parsed: unknown = BSON.EJSON.parse(String(text));
  return member.admin(typeof parsed === 'object' && parsed !== null ? parsed : {}, database === undefined ? undefined : String(database));
}
