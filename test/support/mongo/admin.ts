import { MongoClient, type Document } from 'mongodb';

/** Where a server is, and as whom to speak to it. */
export interface Address {
  readonly host: string;
  readonly port: number;
  readonly login?: { readonly username: string; readonly password: string };
}

/** The URI of one server, whatever its set says. */
export function directUri({ host, port, login }: Address): string {
  const user = login === undefined ? '' : `${login.username}:${login.password}@`;
  return `mongodb://${user}${host}:${port}/?directConnection=true${login === undefined ? '' : '&authSource=admin'}`;
}

/** One command to one server over a connection of its own. */
export async function admin(address: Address, command: Document, database = 'admin'): Promise<Document> {
  const client = new MongoClient(directUri(address), { serverSelectionTimeoutMS: 5_000, connectTimeoutMS: 5_000 });
  try {
    return await client.db(database).command(command);
  } finally {
    await client.close();
  }
}
