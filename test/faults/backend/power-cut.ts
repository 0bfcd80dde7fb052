import { readdirSync, statSync, truncateSync } from 'node:fs';
import { join } from 'node:path';
import type { SingleServer } from '../../support/redis/single.js';

/** How often the length of the file is noted, and how old a length may be that is certainly on the disk, ms. */
const everyMs = 50;
const syncedMs = 1_500;

export interface PowerCut {
  /** The server is gone, and so is what it had not yet synced; it does not run any more. */
  happen(): Promise<void>;
  stop(): void;
}

/**
 * The worst that a power cut may do with `appendfsync everysec`: the append-only file loses everything younger than its last fsync, for which the
 * promise allows up to two seconds. A kill alone takes nothing, since what was written is the system's.
 */
export function powerCut(server: SingleServer): PowerCut {
  const lengths: { readonly at: number; readonly file: string; readonly bytes: number }[] = [];
  const timer = setInterval(() => {
    const file = currentFile(server);
    if (file !== undefined) lengths.push({ at: performance.now(), file, bytes: statSync(file).size });
  }, everyMs);
  return {
    happen: async () => {
      await server.kill9();
      const old = lengths.findLast(({ at }) => at <= performance.now() - syncedMs);
      if (old !== undefined) truncateSync(old.file, old.bytes);
    },
    stop: () => { clearInterval(timer); },
  };
}

function currentFile({ folder }: SingleServer): string | undefined {
  try {
    const home = join(folder, 'appendonlydir');
    const name = readdirSync(home).find((one) => one.endsWith('.incr.aof'));
    return name === undefined ? undefined : join(home, name);
  } catch {
    // Not written yet, or gone with its folder.
    return undefined;
  }
}
