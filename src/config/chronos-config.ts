/** The configuration of chronos-db, in the original shape (a list of tenants) or its own flat one. */
export interface ChronosOptions {
  readonly config: ChronosConfig;
}

export interface ChronosConfig {
  readonly dbConnections: Readonly<Record<string, { readonly mongoUri: string }>>;
  readonly databases: { readonly messaging: ChronosMessaging; readonly [other: string]: unknown };
  readonly [other: string]: unknown;
}

export interface ChronosMessaging {
  readonly tenantDatabases?: readonly ChronosTenant[] | undefined;
  /** The flat shape: one database for every tenant. */
  readonly dbConnRef?: string | undefined;
  readonly dbName?: string | undefined;
  readonly [other: string]: unknown;
}

export interface ChronosTenant {
  readonly tenantId: string;
  readonly dbConnRef: string;
  readonly dbName: string;
  readonly [other: string]: unknown;
}
