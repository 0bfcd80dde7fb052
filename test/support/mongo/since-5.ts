/** Operators, stages and variables that the adapter uses, all of them known to MongoDB 4.4, and since when. What is not in this list is looked up in MongoDB's manual before it is. */
export const known: Readonly<Record<string, string>> = {
  // Filters
  $and: '2.0', $or: '1.6', $nor: '2.0', $not: '2.0', $eq: '3.0', $ne: '1.0', $gt: '1.0', $gte: '1.0', $lt: '1.0', $lte: '1.0', $in: '1.0', $nin: '1.0',
  $exists: '1.0', $elemMatch: '2.2', $type: '1.0', $expr: '3.6',
  // Updates
  $set: '1.0', $unset: '1.0', $inc: '1.0', $min: '2.6', $max: '2.6', $pull: '1.0', $setOnInsert: '2.4', $currentDate: '2.6',
  // Stages
  $match: '2.2', $limit: '2.2', $sort: '2.2', $group: '2.2', $project: '2.2', $lookup: '3.2', $count: '3.4', $replaceWith: '4.2', $merge: '4.2', $changeStream: '3.6',
  // Expressions
  $add: '2.2', $subtract: '2.2', $multiply: '2.2', $cond: '2.2', $ifNull: '2.2', $concat: '2.4', $concatArrays: '3.2', $arrayElemAt: '3.2', $indexOfArray: '3.4', $slice: '3.2', $filter: '3.2',
  $map: '2.4', $let: '2.4', $literal: '2.6', $mergeObjects: '3.6', $switch: '3.4', $substrBytes: '3.4', $sum: '2.2', $toLong: '4.0', $toString: '4.0', $isNumber: '4.4',
  // Variables
  $$NOW: '4.2', $$ROOT: '2.6', $$REMOVE: '3.6', $$this: '3.2',
};

/** What the driver and the server add to a command. */
const notOurs: ReadonlySet<string> = new Set(['$db', '$clusterTime', '$readPreference', '$truncated']);

/** Shapes that only 5.0 and later know, though the operator itself is older. */
const shapes: readonly (readonly [string, (name: string, value: object) => boolean])[] = [
  ['$lookup with localField and pipeline (5.0)', (name, value) => name === '$lookup' && 'localField' in value && 'pipeline' in value],
  ['$ifNull of more than two (5.0)', (name, value) => name === '$ifNull' && Array.isArray(value) && value.length > 2],
  ['$filter with limit (5.2)', (name, value) => name === '$filter' && 'limit' in value],
  ['$group that counts by $count (5.0)', (name, value) => name === '$group' && Object.values(value).some((part: unknown) => typeof part === 'object' && part !== null && '$count' in part)],
  ['partial index by other than equality, $exists, $gt, $lt, $type or $and (6.0)', (name, value) => name === 'partialFilterExpression' && /"\$(?:in|or|nin|nor|ne|not)"/.test(JSON.stringify(value))],
];

/** Options of a command, beside its pipeline or filter: `let` (5.0), `sort` of an update of one (8.0), a cluster index and others of collections (5.3). */
const options: readonly (readonly [string, (command: object) => boolean])[] = [
  ['let (5.0)', (command) => 'let' in command && ('q' in command || 'find' in command || 'aggregate' in command || 'findAndModify' in command)],
  ['sort of an update (8.0)', (command) => 'u' in command && 'sort' in command],
  ['a clustered or time series collection (5.0)', (command) => 'create' in command && ('clusteredIndex' in command || 'timeseries' in command)],
  ['read concern snapshot outside of a transaction (5.0)', (command) => /"level":"snapshot"/.test(JSON.stringify(Reflect.get(command, 'readConcern') ?? {}))],
];

/** What a command, as the server's profile has it, asks for that a server of 4.4 does not know. */
export function since5(command: object): readonly string[] {
  return [...new Set([...options.flatMap(([name, isSo]) => (isSo(command) ? [name] : [])), ...within(command, '')])];
}

function within(value: unknown, name: string): readonly string[] {
  if (typeof value === 'string') return variablesOf(value);
  if (typeof value !== 'object' || value === null) return [];
  // What users say.
  if (name === '$literal') return [];
  const found = shapes.flatMap(([shape, isSo]) => (isSo(name, value) ? [shape] : []));
  const members = Array.isArray(value) ? value.map((member: unknown): [string, unknown] => ['', member]) : Object.entries(value);
  return [...found, ...members.flatMap(([key, member]) => [...(isUnknown(key) ? [key] : []), ...within(member, key)])];
}

function isUnknown(key: string): boolean {
  return key.startsWith('$') && !notOurs.has(key) && !(key in known);
}

/** The server's own are in capitals. */
function variablesOf(text: string): readonly string[] {
  const [name = ''] = /^\$\$[A-Z_]+/.exec(text) ?? [];
  return name === '' || name in known ? [] : [name];
}
