/** What makes an object a client of ioredis, of whichever version: two copies of a package share no class. */
export interface RedisClient {
  readonly options: object;
  readonly status: string;
  duplicate(...args: never[]): unknown;
}
