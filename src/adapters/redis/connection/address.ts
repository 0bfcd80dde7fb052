/** A server by address. */
export interface Address {
  readonly host: string;
  readonly port: number;
}
