/** What makes an object a client of mongodb, of whichever version: two copies of a package share no class. */
export interface MongoDriverClient {
  readonly options: object;
  connect(): Promise<unknown>;
  db(...args: never[]): unknown;
  startSession(...args: never[]): unknown;
}
