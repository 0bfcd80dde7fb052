/** A command this adapter uses. */
export interface UsedCommand {
  /** As an ACL has it: `xgroup|create`. */
  readonly name: string;
  readonly since: string;
  readonly from: 'client' | 'script';
  readonly purpose: string;
  /** Only then it is used. */
  readonly when?: 'cluster' | 'durability' | 'optional' | '6.2';
  /** Arguments with which it does nothing, for finding out whether it is allowed. `key` stands for a key that does not exist. */
  readonly probe?: readonly string[];
}

const client = (name: string, since: string, purpose: string, more: Pick<UsedCommand, 'when' | 'probe'> = {}): UsedCommand => ({ name, since, from: 'client', purpose, ...more });
const script = (name: string, since: string, purpose: string, probe: readonly string[]): UsedCommand => ({ name, since, from: 'script', purpose, probe });

/**
 * Every command this adapter uses. The access list of docs/redis.md is made from it, what is missing for a user is found with it, and a test holds it against
 * what a server was sent.
 */
export const usedCommands: readonly UsedCommand[] = Object.freeze([
  client('ping', '1.0', 'to see that a connection lives'),
  client('info', '1.0', 'version, role, memory and persistence, when it opens', { when: 'optional' }),
  client('time', '2.6', 'the clock of the server', { probe: [] }),
  client('select', '1.0', 'the database, where it is not 0', { when: 'optional' }),
  client('hello', '6.0', 'only with a client of your own that speaks RESP3', { when: 'optional' }),
  client('client|id', '5.0', 'to end a blocking read', { probe: [] }),
  client('client|unblock', '5.0', 'to end a blocking read', { probe: ['0'] }),
  client('eval', '2.6', 'scripts the server does not know yet'),
  client('evalsha', '2.6', 'all that writes is a script'),
  client('xreadgroup', '5.0', 'to wait for messages', { probe: ['GROUP', 'g', 'c', 'STREAMS', 'key', '>'] }),
  client('xread', '5.0', 'to wait for what an order frees', { probe: ['COUNT', '1', 'STREAMS', 'key', '$'] }),
  client('sadd', '1.0', 'names of topics'),
  client('srem', '1.0', 'names of topics', { probe: ['key', 'm'] }),
  client('smembers', '1.0', 'names of topics', { probe: ['key'] }),
  client('subscribe', '2.0', 'changes of shared values'),
  client('unsubscribe', '2.0', 'changes of shared values'),
  client('psubscribe', '2.0', 'keyspace events, where the server sends them', { when: 'optional' }),
  client('punsubscribe', '2.0', 'keyspace events, where the server sends them', { when: 'optional' }),
  client('scan', '2.8', 'watching all values of a namespace'),
  client('config|get', '2.0', 'persistence and keyspace events, as far as they are readable', { when: 'optional' }),
  client('config|set', '2.0', 'only where you ask for it: keyspace events on', { when: 'optional' }),
  client('wait', '3.0', 'durability: replicas that confirm', { when: 'durability', probe: ['0', '1'] }),
  client('cluster|slots', '3.0', 'which node has what', { when: 'cluster' }),
  client('asking', '3.0', 'slots that are being moved', { when: 'cluster' }),

  script('xadd', '5.0', 'publish, retry, dead letters', ['key', '0-0', 'a', 'b']),
  script('xack', '5.0', 'settle', ['key', 'g', '1-1']),
  script('xclaim', '5.0', 'leases', ['key', 'g', 'c', '0', '1-1']),
  script('xdel', '5.0', 'settle', ['key', '1-1']),
  script('xgroup|create', '5.0', 'subscriptions', ['CREATE', 'key', 'g', '0']),
  script('xgroup|setid', '5.0', 'purge, start positions', ['SETID', 'key', 'g', '0']),
  script('xgroup|destroy', '5.0', 'deleting subscriptions', ['DESTROY', 'key', 'g']),
  script('xgroup|delconsumer', '5.0', 'consumers that are gone', ['DELCONSUMER', 'key', 'g', 'c']),
  script('xinfo|groups', '5.0', 'statistics, retention', ['GROUPS', 'key']),
  script('xinfo|stream', '5.0', 'statistics', ['STREAM', 'key']),
  script('xlen', '5.0', 'capacity', ['key']),
  script('xpending', '5.0', 'leases', ['key', 'g']),
  script('xrange', '5.0', 'reading', ['key', '-', '+']),
  script('xrevrange', '5.0', 'reading', ['key', '+', '-']),
  { name: 'xreadgroup', since: '6.2', from: 'script', purpose: 'claims of one', when: '6.2', probe: ['GROUP', 'g', 'c', 'STREAMS', 'key', '>'] },
  script('xtrim', '5.0', 'retention', ['key', 'MAXLEN', '0']),
  script('del', '1.0', 'shared values', ['key']),
  script('unlink', '4.0', 'purge, deleting', ['key']),
  script('exists', '1.0', 'shared values, topics', ['key']),
  script('type', '1.0', 'keys of somebody else', ['key']),
  script('get', '1.0', 'shared values', ['key']),
  script('set', '1.0', 'shared values', ['key', '', 'XX']),
  script('persist', '2.2', 'shared values', ['key']),
  script('pexpireat', '2.6', 'shared values, what has an end', ['key', '1']),
  script('pttl', '2.6', 'shared values', ['key']),
  script('publish', '2.0', 'changes of shared values', ['key', '']),
  script('time', '2.6', 'all times are the server\'s', []),
  script('hget', '2.0', 'records', ['key', 'f']),
  script('hmget', '2.0', 'records', ['key', 'f']),
  script('hgetall', '2.0', 'records', ['key']),
  script('hkeys', '2.0', 'records', ['key']),
  script('hlen', '2.0', 'records', ['key']),
  script('hexists', '2.0', 'records', ['key', 'f']),
  script('hscan', '2.8', 'records', ['key', '0']),
  script('hset', '2.0', 'records', ['key', 'f', 'v', 'one too many']),
  script('hmset', '2.0', 'records', ['key', 'f', 'v', 'one too many']),
  script('hsetnx', '2.0', 'records', []),
  script('hincrby', '2.0', 'counts', ['key', 'f', 'no number']),
  script('hdel', '2.0', 'records', ['key', 'f']),
  script('zadd', '1.2', 'delays', ['key', 'XX', '1', 'm']),
  script('zcard', '1.2', 'delays', ['key']),
  script('zcount', '2.0', 'delays', ['key', '0', '0']),
  script('zlexcount', '2.8', 'order', ['key', '-', '+']),
  script('zrange', '1.2', 'delays', ['key', '0', '0']),
  script('zrangebylex', '2.8', 'order', ['key', '-', '+']),
  script('zrangebyscore', '1.0', 'delays', ['key', '0', '0']),
  script('zrem', '1.2', 'delays', ['key', 'm']),
  script('zremrangebyscore', '1.2', 'what has an end', ['key', '0', '0']),
  script('zrevrangebyscore', '2.2', 'dead letters', ['key', '0', '0']),
  script('zscan', '2.8', 'redelivery', ['key', '0']),
  script('zscore', '1.2', 'delays', ['key', 'm']),
]);

/** The rights of an ACL user, without key and channel patterns: the least with which everything works. */
export function leastRights({ cluster = false, durability = false }: { readonly cluster?: boolean; readonly durability?: boolean } = {}): readonly string[] {
  const isUsed = ({ when }: UsedCommand): boolean => (when !== 'cluster' || cluster) && (when !== 'durability' || durability);
  const names = usedCommands.filter((command) => isUsed(command) && command.name !== 'config|set' && command.name !== 'hello').map(({ name }) => `+${name}`);
  return ['-@all', ...new Set(names)];
}
