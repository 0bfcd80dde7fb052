/** One database of a deployment, for all tenants. */
export interface ChronosTarget {
  readonly uri: string;
  readonly database: string;
  /** Whether it keeps deliveries. Default: false. */
  readonly captureDeliveries?: boolean | undefined;
}

/**
 * A configuration that chronos-db 2.3 starts with, for one database. Its checks ask for a kind of database, a space, routing and maps
 * that messaging does not use; what was given of those is taken over. A list of tenants it does not take for messaging.
 */
export function chronosConfiguration({ uri, database, captureDeliveries }: ChronosTarget, given: object | undefined): object {
  const part = (name: string): object | undefined => {
    const value: unknown = given === undefined ? undefined : Reflect.get(given, name);
    return typeof value === 'object' && value !== null && Object.keys(value).length > 0 ? value : undefined;
  };
  const { messaging: _messaging, ...others } = { messaging: undefined, ...part('databases') };
  return {
    ...given,
    dbConnections: { ...part('dbConnections'), [connection]: { mongoUri: uri } },
    spacesConnections: part('spacesConnections') ?? { unused: { endpoint: 'http://127.0.0.1:1', region: 'none', accessKey: 'none', secretKey: 'none' } },
    databases: { ...(Object.keys(others).length === 0 ? { runtime: { tenantDatabases: [] } } : others), messaging: { dbConnRef: connection, dbName: database, ...(captureDeliveries === true ? { captureDeliveries } : {}) } },
    routing: part('routing') ?? {},
    collectionMaps: part('collectionMaps') ?? {},
  };
}

const connection = 'chronow-messaging';
