import type { ChronosOptions } from './chronos-config.js';
import { parseConnectionUrl } from './connection-url.js';
import type { ConfigProblem } from './problems.js';
import { redacted } from './redact.js';

/** A database that a chronos-db configuration names; without a tenant it is every tenant's. */
export interface ChronosDatabase {
  readonly tenantId: string | undefined;
  readonly uri: string;
  readonly database: string;
}

interface Reading {
  readonly databases: ChronosDatabase[];
  readonly problems: ConfigProblem[];
}

const root = 'chronos.config';
// What MongoDB takes on every platform.
const databaseName = /^[^/\\. "$*<>:|?\0]{1,63}$/;

/** What is wrong with a chronos-db configuration, for those parts that are used here. */
export function chronosProblems(chronos: ChronosOptions): readonly ConfigProblem[] {
  return read(chronos).problems;
}

/** The databases of a configuration that has no problems. */
export function chronosDatabases(chronos: ChronosOptions): readonly ChronosDatabase[] {
  return read(chronos).databases;
}

function read(chronos: ChronosOptions): Reading {
  const reading: Reading = { databases: [], problems: [] };
  const messaging = member(member(member(chronos, 'config'), 'databases'), 'messaging');
  const tenants = member(messaging, 'tenantDatabases');
  if (Array.isArray(tenants)) readTenants(chronos, tenants, reading);
  else if (member(messaging, 'dbConnRef') !== undefined) readDatabase(chronos, messaging, `${root}.databases.messaging`, undefined, reading);
  else reading.problems.push({ name: `${root}.databases.messaging`, received: redacted(messaging, true), expected: '{ tenantDatabases: [{ tenantId, dbConnRef, dbName }] } or { dbConnRef, dbName }' });
  return reading;
}

function readTenants(chronos: ChronosOptions, tenants: readonly unknown[], reading: Reading): void {
  const path = `${root}.databases.messaging.tenantDatabases`;
  if (tenants.length === 0) reading.problems.push({ name: path, received: 'a list of 0', expected: 'one or more { tenantId, dbConnRef, dbName }' });
  const seen = new Set<string>();
  tenants.forEach((tenant, index) => {
    const at = `${path}[${String(index)}]`;
    const tenantId = member(tenant, 'tenantId');
    if (typeof tenantId !== 'string' || tenantId === '' || seen.has(tenantId)) reading.problems.push({ name: `${at}.tenantId`, received: redacted(tenantId, false), expected: 'the name of a tenant that is not in the list yet' });
    else {
      seen.add(tenantId);
      readDatabase(chronos, tenant, at, tenantId, reading);
    }
  });
}

function readDatabase(chronos: ChronosOptions, entry: unknown, at: string, tenantId: string | undefined, { databases, problems }: Reading): void {
  const connections = member(member(chronos, 'config'), 'dbConnections');
  const reference = member(entry, 'dbConnRef');
  const database = member(entry, 'dbName');
  const known = typeof reference === 'string' && isObject(connections) && Object.hasOwn(connections, reference);
  if (!known) problems.push({ name: `${at}.dbConnRef`, received: redacted(reference, false), expected: `the name of an entry of ${root}.dbConnections` });
  if (typeof database !== 'string' || !databaseName.test(database)) problems.push({ name: `${at}.dbName`, received: redacted(database, false), expected: 'the name of a database' });
  if (!known) return;
  const uri = member(member(connections, reference), 'mongoUri');
  if (typeof uri !== 'string' || parseConnectionUrl(uri)?.kind !== 'mongo') problems.push({ name: `${root}.dbConnections.${redacted(reference, false)}.mongoUri`, received: redacted(uri, true), expected: 'mongodb://… or mongodb+srv://…' });
  else if (typeof database === 'string') databases.push({ tenantId, uri, database });
}

function member(value: unknown, name: string): unknown {
  return isObject(value) ? Reflect.get(value, name) : undefined;
}

function isObject(value: unknown): value is object {
  return typeof value === 'object' && value !== null;
}
