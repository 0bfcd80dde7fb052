import type { Script } from '../connection/script.js';
import { script } from '../connection/script.js';
import type { Connection } from '../connection/connection.js';
import { asTexts } from '../connection/reply.js';
import type { ShardKeys } from '../layout/shard-keys.js';
import { upkeep } from '../publish/upkeep-lua.js';
import { lua } from '../scripts/prelude.js';
import { inspectionLua } from './lua.js';
import { inChunks } from './pages.js';
import { timeIn } from './stream-id.js';

/** A message that was due when nobody ran comes later: it is looked for in so many pages of a thousand entries behind its time. */
const mostPages = 20;

/** KEYS: stream. ARGV: the id to look behind, ids of messages. Answers {where to go on, id, entry id, …}. */
const findScheduledScript: Script = script('find-scheduled', `${lua.int}${lua.find}${upkeep.ids}${inspectionLua.eachBehind}
local wanted, answer = {}, { '' }
for n = 2, #ARGV do wanted[ARGV[n]] = true end
local _, more = eachBehind(KEYS[1], ARGV[1], 1000, function(id, fields)
  local own = #fields > 2 and find(fields, 'i')
  if own and wanted[own] then
    answer[#answer + 1] = own
    answer[#answer + 1] = id
  end
end)
answer[1] = more
return answer`);

export function isScheduledId(localId: string): boolean {
  return /^s\d+-\d+$/.test(localId);
}

/** Where scheduled messages stand in their stream once they were due: message id → entry id. Their own ids tell only their time. */
export async function findScheduled(connection: Connection, { topic }: ShardKeys, ids: readonly string[]): Promise<ReadonlyMap<string, string>> {
  const places = new Map<string, string>();
  const inTime = [...new Set(ids)].filter(isScheduledId).sort((left, right) => timeIn(left) - timeIn(right));
  for (const chunk of inChunks(inTime, 100)) {
    const open = new Set(chunk);
    let from = `${String(Math.max(0, timeIn(chunk[0] ?? '') - 1))}-18446744073709551615`;
    for (let page = 0; page < mostPages && open.size > 0 && from !== ''; page += 1) {
      const [next = '', ...found] = asTexts(await connection.run(findScheduledScript, [topic], [from, ...open]));
      for (let at = 0; at + 1 < found.length; at += 2) {
        places.set(found[at] ?? '', found[at + 1] ?? '');
        open.delete(found[at] ?? '');
      }
      from = next;
    }
  }
  return places;
}
