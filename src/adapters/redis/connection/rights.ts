import { isChronowError } from '../../../errors.js';
import { usedCommands, type UsedCommand } from './commands.js';
import type { Commander } from './commander.js';
import type { ConnectionOptions } from './options.js';
import type { NodeLine } from './node-line.js';
import { asTexts } from './reply.js';

/** Tries commands in a form that does nothing, and answers which of them were forbidden. */
const tryAll = `
local missing = {}
for _, try in ipairs(cjson.decode(ARGV[1])) do
  local reply = redis.pcall(unpack(try.call))
  local text = type(reply) == 'table' and type(reply.err) == 'string' and reply.err or ''
  if string.find(text, 'NOPERM', 1, true) or string.find(text, 'executing the script', 1, true) or string.find(text, 'ACL failure', 1, true) then
    missing[#missing + 1] = try.name
  end
end
return missing`;

/** Stands for the keys themselves. */
export const keysRight = '~keys';

/** The commands that the user lacks, as an ACL names them. What does nothing in no form is found when it is used. */
export async function missingRights({ topology, durability, keyPrefix = 'cw:' }: ConnectionOptions, line: NodeLine, commander: Commander): Promise<readonly string[]> {
  const key = `${keyPrefix}acl-probe`;
  const isUsed = ({ when }: UsedCommand): boolean => when === undefined || (when === 'cluster' && topology === 'cluster') || (when === 'durability' && durability !== undefined);
  const tries = usedCommands.flatMap(({ name, from, probe, ...rest }) => (probe !== undefined && isUsed({ name, from, ...rest }) ? [{ name, from, args: probe.map((part) => (part === 'key' ? key : part)) }] : []));
  const inScript = tries.filter(({ from, args, name }) => from === 'script' && (args.length > 0 || name === 'time'));
  const calls = inScript.map(({ name, args }) => ({ name, call: [name.split('|')[0], ...args] }));
  let missing: readonly string[];
  try {
    missing = asTexts(await commander.commandOver(line, 'eval', [tryAll, 1, key, JSON.stringify(calls)]));
  } catch (error) {
    if (!isChronowError(error, 'BACKEND_UNSAFE')) throw error;
    return [/key/.test(String(error.details['right'])) ? keysRight : 'eval'];
  }
  const direct = tries.filter(({ from }) => from === 'client').map(async ({ name, args }) => {
    const [command = '', ...sub] = name.split('|');
    return (await isAllowed(commander.commandOver(line, command, [...sub, ...args]))) ? [] : [name];
  });
  return [...new Set([...missing, ...(await Promise.all(direct)).flat()])];
}

async function isAllowed(answer: Promise<unknown>): Promise<boolean> {
  try {
    await answer;
    return true;
  } catch (error) {
    if (isChronowError(error) && error.code === 'LINK_LOST' && error.details['reason'] !== 'NOGROUP') throw error;
    return !isChronowError(error, 'BACKEND_UNSAFE');
  }
}
