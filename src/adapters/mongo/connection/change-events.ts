import { Timestamp, type ChangeStreamDocument, type Document } from 'mongodb';
import { readPoke, type KeyHint } from './hints.js';
import { most, rangeOf, type KeySelection, type StreamFilter } from './stream-filter.js';

/** What an event of the stream means to us. `topic`: something came, or a record changed. `reset`: somebody dropped or renamed something under us. */
export type StreamEvent = { readonly kind: 'topic'; readonly id: string; readonly isChange: boolean } | Extract<KeyHint, { readonly kind: 'change' | 'delete' }> | { readonly kind: 'reset' };

/** Only what is used crosses the wire: bodies of messages do not. */
export function pipelineOf({ topics, keys }: StreamFilter): Document[] {
  const some = topics.size <= most ? { 'fullDocument.t': { $in: [...topics] } } : {};
  const wanted: Document[] = [
    { operationType: { $in: ['drop', 'rename', 'dropDatabase', 'invalidate'] } },
    ...(topics.size === 0 ? [] : [
      { operationType: 'insert', 'ns.coll': { $in: ['cw_log', 'cw_deliv'] }, ...some },
      { operationType: 'update', 'ns.coll': 'cw_topics', 'updateDescription.updatedFields.poke': { $exists: true } },
    ]),
    ...idsOf(keys).map((_id) => ({ 'ns.coll': 'cw_kv', operationType: { $in: ['insert', 'update', 'replace', 'delete'] }, 'documentKey._id': _id })),
  ];
  const isKey = { $eq: ['$ns.coll', 'cw_kv'] };
  return [
    { $match: { $or: wanted } },
    { $project: {
      operationType: 1,
      'ns.coll': 1,
      clusterTime: 1,
      documentKey: { $cond: [isKey, '$documentKey', '$$REMOVE'] },
      fullDocument: { $cond: [isKey, '$fullDocument', { t: '$fullDocument.t' }] },
      updateDescription: { $cond: [isKey, '$updateDescription', { updatedFields: { poke: '$updateDescription.updatedFields.poke' } }] },
    } },
  ];
}

function idsOf({ ids, prefixes }: KeySelection): readonly object[] {
  return [...(ids.size === 0 ? [] : [{ $in: [...ids] }]), ...[...prefixes].map(rangeOf)];
}

export function readEvent(event: ChangeStreamDocument): StreamEvent | undefined {
  const collection: unknown = Reflect.get(Object('ns' in event ? event.ns : {}), 'coll');
  switch (event.operationType) {
    case 'insert':
      return collection === 'cw_kv' ? changed(event) : topicOf(event.fullDocument['t']);
    case 'replace':
      return collection === 'cw_kv' ? changed(event) : undefined;
    case 'update':
      return collection === 'cw_kv' ? updated(event) : pokeOf(event.updateDescription.updatedFields?.['poke']);
    case 'delete':
      return { kind: 'delete', id: idOf(event.documentKey), at: event.clusterTime };
    case 'drop': case 'rename':
      return typeof collection === 'string' && collection.startsWith('cw_') ? { kind: 'reset' } : undefined;
    case 'dropDatabase': case 'invalidate':
      return { kind: 'reset' };
    default:
      return undefined;
  }
}

function topicOf(id: unknown): StreamEvent | undefined {
  return typeof id === 'string' ? { kind: 'topic', id, isChange: false } : undefined;
}

function pokeOf(poke: unknown): StreamEvent {
  const { topicId, isChange } = readPoke(String(poke));
  return { kind: 'topic', id: topicId, isChange };
}

function changed(event: Extract<ChangeStreamDocument, { readonly operationType: 'insert' | 'replace' }>): StreamEvent {
  return { kind: 'change', id: idOf(event.documentKey), document: event.fullDocument, at: event.clusterTime };
}

function updated({ documentKey, updateDescription, clusterTime }: Extract<ChangeStreamDocument, { readonly operationType: 'update' }>): StreamEvent {
  return { kind: 'change', id: idOf(documentKey), updated: updateDescription.updatedFields, removed: updateDescription.removedFields, at: clusterTime };
}

function idOf(key: unknown): string {
  return String(Reflect.get(Object(key), '_id'));
}

/** The time in a resume token: KeyString begins with its type and the time. A token may only be resumed with the filter it came from, a time with any. */
export function timeOfToken(token: unknown): Timestamp | undefined {
  const data: unknown = Reflect.get(Object(token), '_data');
  const match = typeof data === 'string' ? /^82([0-9A-F]{8})([0-9A-F]{8})/i.exec(data) : null;
  if (match?.[1] === undefined || match[2] === undefined) return undefined;
  return new Timestamp({ t: Number.parseInt(match[1], 16), i: Number.parseInt(match[2], 16) });
}
