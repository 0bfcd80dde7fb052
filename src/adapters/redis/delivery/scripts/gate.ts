import { script, type Script } from '../../connection/script.js';

/** From here on nobody reads or settles without order. Destroying the group first wakes those who wait, from 6.2 on. KEYS: open. ARGV: group. */
export const shutScript: Script = script('shut-unordered', `
redis.pcall('XGROUP', 'DESTROY', KEYS[1], ARGV[1])
return redis.call('DEL', KEYS[1])`);
