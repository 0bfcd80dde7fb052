import { MongoClient } from 'mongodb';
import { randomUUID } from 'node:crypto';
import { describe, expect, inject, it, onTestFinished } from 'vitest';
import { missingMongo } from './missing.js';

/** What the set-up says of the replica set that all tests of a run share. */
export type SharedMongo =
  | { readonly state: 'there'; readonly uri: string }
  /** A developer's machine without one: its tests are skipped. */
  | { readonly state: 'missing'; readonly reason: string }
  /** There must be one, and there is none: its tests fail. */
  | { readonly state: 'failed'; readonly reason: string };

/** A suite that needs mongod: skipped where a developer has none, failed where there must be one. */
export function describeMongo(name: string, suite: () => void): void {
  const mongo = inject('mongo');
  if (mongo.state === 'there') describe(name, suite);
  else if (mongo.state === 'missing') describe.skip(`${name} ${missingMongo}`, suite);
  else describe(name, () => { it('has a mongod', () => expect.fail(mongo.reason)); });
}

/** The single-node replica set that all tests share: everybody keeps to a database of his own, and nobody kills, freezes or configures it. */
export function mongoUri(): string {
  const mongo = inject('mongo');
  if (mongo.state !== 'there') throw new Error(mongo.reason);
  return mongo.uri;
}

/** The name of a database that nobody else has. Call it in a test, before what uses it is opened: it is dropped when the test is over. */
export function freshDatabase(): string {
  const name = databaseName();
  onTestFinished(() => dropDatabase(name));
  return name;
}

/** The same for hooks, where nothing knows when it is over: drop it with {@link dropDatabase}. */
export function databaseName(): string {
  return `t${randomUUID().replaceAll('-', '').slice(0, 16)}`;
}

export async function dropDatabase(name: string, uri: string = mongoUri()): Promise<void> {
  const client = new MongoClient(uri);
  try {
    await client.db(name).dropDatabase();
  } finally {
    await client.close();
  }
}

/** A plain client, to look at what is stored or to write as a foreigner does; closed when the test is over. */
export function rawClient(uri: string = mongoUri()): MongoClient {
  const client = new MongoClient(uri, { serverSelectionTimeoutMS: 5_000, heartbeatFrequencyMS: 500 });
  onTestFinished(() => client.close());
  return client;
}
