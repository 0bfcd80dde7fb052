import { createHash } from 'node:crypto';
import type { Frame } from './frames.js';

/** The names of scripts by the SHA-1 of their text, for faults to speak of. */
export type ScriptNames = ReadonlyMap<string, string>;

/** The names under which a fault may mean a request: `xgroup`, `xgroup create`, and of a script its own. All in lower case. */
export function namesOf({ texts }: Frame, scripts: ScriptNames): readonly string[] {
  const [command = '', first = ''] = texts;
  const name = command.toLowerCase();
  const script = scriptOf(name, first, scripts);
  return [name, `${name} ${first.toLowerCase()}`, ...(script === undefined ? [] : [script.toLowerCase()])];
}

function scriptOf(command: string, first: string, scripts: ScriptNames): string | undefined {
  if (command.startsWith('evalsha')) return scripts.get(first.toLowerCase());
  if (command.startsWith('eval')) return scripts.get(createHash('sha1').update(first).digest('hex'));
  return command.startsWith('fcall') ? first : undefined;
}

const subscribing = /^[ps]?(un)?subscribe$/;

/** How many replies a request gets: one, or of a change of subscriptions one a channel. */
export function repliesTo(names: readonly string[], items: number): number {
  return subscribing.test(names[0] ?? '') ? Math.max(1, items - 1) : 1;
}

const messages = new Set(['message', 'pmessage', 'smessage']);
// What may be asked with RESP2 on a connection that has subscribed.
const askedBesides = new Set([undefined, 'ping', 'quit', 'reset']);

/** Whether a frame of the server answers the request that is next, or was not asked for. */
export function answers(frame: Frame, next: readonly string[]): boolean {
  if (frame.type !== '>' && frame.type !== '*') return true;
  const kind = frame.texts[0] ?? '';
  const ofSubscriptions = subscribing.test(next[0] ?? '');
  if (frame.type === '>') return ofSubscriptions && subscribing.test(kind);
  if (ofSubscriptions) return subscribing.test(kind);
  // With RESP2 a message looks like any list, and a list of somebody's own may begin with the same word.
  return !(askedBesides.has(next[0]) && messages.has(kind));
}
