import type { KeyFilter } from './hints.js';

/** What a source of hints is to tell. */
export interface StreamFilter {
  /** Incarnations of topics. */
  readonly topics: ReadonlySet<string>;
  readonly keys: KeySelection;
}

/** Keys by their ids, and by what ids begin with. */
export interface KeySelection {
  readonly ids: ReadonlySet<string>;
  readonly prefixes: ReadonlySet<string>;
}

/** Above so many topics all of them come, and above so many keys all with what they begin with alike: the filter is sent with every opening, and matched with every write. */
export const most = 200;

export const noKeys: KeySelection = { ids: new Set(), prefixes: new Set() };

export function selectionOf(filters: Iterable<KeyFilter>): KeySelection {
  const ids = new Set<string>();
  const prefixes = new Set<string>();
  for (const filter of filters) {
    if ('id' in filter) ids.add(filter.id);
    else prefixes.add(filter.prefix);
  }
  return { ids, prefixes };
}

/** Whether what was opened for one filter tells what another one wants. */
export function covers(opened: StreamFilter, wanted: StreamFilter): boolean {
  return coversTopics(opened, wanted.topics) && [...wanted.keys.ids].every((id) => opened.keys.ids.has(id) || beginsAlike(opened.keys, id)) && [...wanted.keys.prefixes].every((prefix) => beginsAlike(opened.keys, prefix));
}

export function coversTopics(opened: StreamFilter, wanted: Iterable<string>): boolean {
  return opened.topics.size > most || [...wanted].every((id) => opened.topics.has(id));
}

export function coversKey({ keys }: StreamFilter, filter: KeyFilter): boolean {
  return 'id' in filter ? keys.ids.has(filter.id) || beginsAlike(keys, filter.id) : beginsAlike(keys, filter.prefix);
}

/**
 * The filter to open with. `before`: what was told so far; its keys stay, so that whoever watches one key after the other, each for a moment, ends with a filter that has
 * them all, and does not open a stream for each.
 */
export function opening({ topics, keys }: StreamFilter, before: KeySelection = noKeys): StreamFilter {
  if (keys.ids.size + keys.prefixes.size === 0) return { topics, keys };
  const prefixes = new Set([...before.prefixes, ...keys.prefixes]);
  const ids = new Set([...before.ids, ...keys.ids].filter((id) => !beginsAlike({ ids: new Set(), prefixes }, id)));
  if (ids.size + prefixes.size <= most) return { topics, keys: { ids, prefixes } };
  return { topics, keys: { ids: new Set(), prefixes: new Set([commonPrefix([...ids, ...prefixes])]) } };
}

/** The ids that begin so, as a range. */
export function rangeOf(prefix: string): { readonly $gte: string; readonly $lt: string } {
  return { $gte: prefix, $lt: `${prefix}\u{10FFFF}` };
}

function beginsAlike({ prefixes }: KeySelection, text: string): boolean {
  for (const prefix of prefixes) if (text.startsWith(prefix)) return true;
  return false;
}

function commonPrefix(texts: readonly string[]): string {
  const [first = '', ...others] = texts;
  let length = first.length;
  for (const text of others) while (!text.startsWith(first.slice(0, length))) length -= 1;
  return first.slice(0, length);
}
