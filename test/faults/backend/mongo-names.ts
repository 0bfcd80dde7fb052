import type { BSON } from 'mongodb';

/**
 * What a command of the adapter is for, so that a fault can speak of it: `place`, `claim`, `renew`, `ack`, `settle`, `bury`, `hold`. Only by what stands in it can a
 * claim be told from a renewal: both are updates of the same pointers.
 */
export function purposeOf(command: BSON.Document): readonly string[] {
  if (command['findAndModify'] === 'cw_topics') return ['place'];
  if (command['insert'] === 'cw_log') return ['publish'];
  if (command['delete'] === 'cw_deliv') return ['ack'];
  if (command['update'] === 'cw_holds' || command['findAndModify'] === 'cw_holds' || command['delete'] === 'cw_holds' || command['insert'] === 'cw_holds') return ['hold'];
  return command['update'] === 'cw_deliv' ? purposeOfUpdate(command) : [];
}

function purposeOfUpdate(command: BSON.Document): readonly string[] {
  const set = setOf(command);
  if ('deaths' in set) return ['bury'];
  if ('pt' in set) return ['settle'];
  if ('tok' in set && 'n' in set) return 'was' in set ? ['claim'] : ['give back'];
  return Object.keys(set).join(' ') === 'at' ? ['renew'] : [];
}

/** What the first update of a command sets. */
function setOf({ updates }: BSON.Document): object {
  const first: unknown = Array.isArray(updates) ? updates[0] : undefined;
  const change: unknown = Reflect.get(Object(first), 'u');
  const stage: unknown = Array.isArray(change) ? change[0] : change;
  const set: unknown = Reflect.get(Object(stage), '$set');
  return typeof set === 'object' && set !== null ? set : {};
}
