import { chronosDatabases } from './chronos.js';
import type { ChronowConfig } from './config.js';
import { parseConnectionUrl } from './connection-url.js';
import { builtIn } from './defaults.js';
import { redactUrl } from './redact.js';
import type { WarmTarget, WarmTier } from './resolved.js';
import { Secret } from './secret.js';

/** Where MongoDB as a backend is: what is named for it, else the connection of the client's own tenant. */
export function hotMongoUri(config: ChronowConfig): string | undefined {
  const named = urlOfMongo(config) ?? config.mongo?.uri;
  if (named !== undefined || config.chronos === undefined) return named;
  const databases = chronosDatabases(config.chronos);
  const tenant = config.tenantId ?? builtIn.tenantId;
  return (databases.find(({ tenantId }) => tenantId === tenant) ?? databases.find(({ tenantId }) => tenantId === undefined))?.uri;
}

/** The warm tier of a configuration without problems: the databases of chronos-db, else one for all tenants. */
export function warmTier(config: ChronowConfig): WarmTier | undefined {
  const driver = config.warm?.driver ?? builtIn.warmDriver;
  if (config.chronos !== undefined) {
    const databases = chronosDatabases(config.chronos);
    const forAll = databases.find(({ tenantId }) => tenantId === undefined);
    const tenants = databases.flatMap(({ tenantId, uri, database }) => (tenantId === undefined ? [] : [{ tenantId, ...target(uri, database) }]));
    return { driver, tenants, others: forAll === undefined ? undefined : target(forAll.uri, forAll.database), chronosConfig: new Secret(config.chronos.config) };
  }
  const uri = urlOfMongo(config) ?? config.mongo?.uri;
  return uri === undefined ? undefined : { driver, tenants: [], others: target(uri, builtIn.warmDatabase), chronosConfig: undefined };
}

/** A connection string that prints without its password. */
export function secretUrl(uri: string): Secret {
  return new Secret(uri, redactUrl(uri));
}

function target(uri: string, database: string): WarmTarget {
  return { uri: secretUrl(uri), database };
}

function urlOfMongo({ url }: ChronowConfig): string | undefined {
  return url !== undefined && parseConnectionUrl(url)?.kind === 'mongo' ? url : undefined;
}
