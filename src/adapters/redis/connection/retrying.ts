import type { Runtime } from '../../../port/runtime.js';
import type { Call } from './call.js';
import type { Address } from './address.js';
import type { NodeLine } from './node-line.js';
import type { Failure } from './server-error.js';

/** Replies after which the same call is made again until its deadline. */
export const passingWords: ReadonlySet<string> = new Set(['READONLY', 'LOADING', 'MASTERDOWN', 'BUSY', 'CLUSTERDOWN', 'TRYAGAIN', 'NOREPLICAS']);

/** A server that does not know a script gets its text. True where that was it. */
export function sendWhole(call: Call, failure: Failure, line: NodeLine): boolean {
  if (failure.word !== 'NOSCRIPT' || call.script === undefined || call.name === 'eval') return false;
  call.name = 'eval';
  call.args[0] = call.script.text;
  line.send(call);
  return true;
}

/** Again after a while, unless its deadline came first. */
export function sendLater(runtime: Runtime, call: Call, send: () => void): void {
  const delayMs = 20 + Math.floor(80 * runtime.random());
  runtime.at(runtime.now() + delayMs, () => { if (!call.done) send(); });
}

/** Where MOVED and ASK point. `isForGood`: the slot is there from now on. */
export function redirectOf({ word, text }: Failure, askedHost: string | undefined): { readonly isForGood: boolean; readonly slot: number; readonly to: Address } | undefined {
  const match = /^(?:MOVED|ASK) (\d+) (.*):(\d+)$/.exec(text);
  if (match === null) return undefined;
  const [, slot, host = '', port] = match;
  return { isForGood: word === 'MOVED', slot: Number(slot), to: { host: host === '' || host === '?' ? askedHost ?? '127.0.0.1' : host, port: Number(port) } };
}
