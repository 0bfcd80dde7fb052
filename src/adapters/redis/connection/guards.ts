import type { BrokerEvent } from '../../../port/events.js';
import type { Commander } from './commander.js';
import type { NodeLine } from './node-line.js';
import type { ConnectionOptions } from './options.js';
import { asList, asNumber, asText } from './reply.js';

/** What a check of the servers tells. */
export interface Checked {
  /** The oldest of them. */
  readonly version: string;
  readonly serverMs: number;
}

export async function checkServers(_options: ConnectionOptions, lines: readonly NodeLine[], commander: Commander, _warn: (event: BrokerEvent) => void): Promise<Checked> {
  const [line] = lines;
  if (line === undefined) return { version: 'unknown', serverMs: 0 };
  const info = asText(await commander.commandOver(line, 'info', ['server']));
  const [seconds, micros] = asList(await commander.commandOver(line, 'time', []));
  return { version: /redis_version:(\S+)/.exec(info)?.[1] ?? 'unknown', serverMs: asNumber(seconds) * 1_000 + Math.floor(asNumber(micros) / 1_000) };
}
