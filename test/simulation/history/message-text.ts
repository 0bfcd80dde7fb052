import type { Body } from '../../../src/port/message.js';

export interface Payload {
  readonly n: number;
  readonly text: string;
}

/** What message `n` carries. */
export function payloadOf(n: number): Payload {
  return { n, text: `message ${String(n)}` };
}

export function headersOf(n: number): Record<string, string> {
  return { n: String(n), kind: 'simulated' };
}

export function bodyText(body: Body): string {
  return typeof body === 'string' ? body : new TextDecoder().decode(body);
}

/** The number of a message by its body; NaN for what nobody published. */
export function numberIn(body: Body): number {
  return Number(/^\{"n":(\d+),/.exec(bodyText(body))?.[1] ?? Number.NaN);
}
