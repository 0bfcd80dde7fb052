import type { SingleServer } from './single.js';

export interface SlotMove {
  /** Moves what is in the slot, and tells all masters whose it is. */
  finish(): Promise<void>;
  /** Moves this many of its keys, and leaves the slot between both. */
  moveKeys(count: number): Promise<number>;
}

/** The steps of a reshard, as the reference says them: from the first on clients are sent back and forth by ASK. */
export async function beginMove(slot: number, source: SingleServer, target: SingleServer, masters: readonly SingleServer[]): Promise<SlotMove> {
  const idOf = async (server: SingleServer): Promise<string> => String(await server.call('CLUSTER', 'MYID'));
  const targetId = await idOf(target);
  await target.call('CLUSTER', 'SETSLOT', slot, 'IMPORTING', await idOf(source));
  await source.call('CLUSTER', 'SETSLOT', slot, 'MIGRATING', targetId);

  const moveKeys = async (count: number): Promise<number> => {
    const found = await source.call('CLUSTER', 'GETKEYSINSLOT', slot, count);
    const keys = Array.isArray(found) ? found.map(String) : [];
    if (keys.length > 0) await source.call('MIGRATE', target.host, target.port, '', 0, 5_000, 'KEYS', ...keys);
    return keys.length;
  };
  return {
    moveKeys,
    finish: async () => {
      while ((await moveKeys(100)) > 0);
      // The target first: nobody may be sent to a node that does not yet know that the slot is its own.
      const others = masters.filter((master) => master !== target && master !== source);
      for (const node of [target, source, ...others]) await node.call('CLUSTER', 'SETSLOT', slot, 'NODE', targetId);
    },
  };
}
