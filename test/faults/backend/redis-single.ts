import { startProxy } from '../../support/proxy/proxy.js';
import { startSingle } from '../../support/redis/single.js';
import type { Servers, Setting } from './backend.js';
import { powerCut } from './power-cut.js';
import { footprintOf } from './redis-footprint.js';
import { quick } from './redis-options.js';
import { scriptNames } from './scripts.js';

/** Stands for every secret: no history may have it. */
export const canary = 'canary-password';

/** One server, and one line to it that can be made bad. */
export async function singleServer(broker: Servers['broker'], { servers, seed }: Setting): Promise<Servers> {
  const isAlways = servers === 'always';
  const server = await startSingle({ persistence: isAlways ? 'always' : 'everysec', settings: { 'enable-debug-command': 'local', 'busy-reply-threshold': 200 } });
  const proxy = await startProxy({ port: server.port, seed, scripts: await scriptNames() });
  const cut = powerCut(server);
  const login = servers === 'login' ? { username: 'app', password: canary } : {};
  if (servers === 'login') await server.call('ACL', 'SETUSER', 'app', 'on', `>${canary}`, '~*', '&*', '+@all');
  return {
    // A server that is killed has given to the system what it wrote: only a power cut can take it.
    durability: { survives: ['process-crash', 'server-crash', ...(isAlways ? ['power-cut' as const] : [])], rewinds: ['failover'] },
    address: (line) => ({ backend: 'redis', options: { ...quick, ...(line === 'admin' ? {} : login), hosts: [{ host: '127.0.0.1', port: line === 'proxy' ? proxy.port : server.port }] } }),
    broker,
    proxy,
    kill: () => server.kill9(),
    restart: () => server.restart(),
    freeze: () => { server.freeze(); },
    thaw: () => { server.thaw(); },
    command: (name, ...args) => server.call(String(name), ...args),
    change: async (how) => {
      if (how !== 'power-cut') throw new Error(`one server alone has no ${how}`);
      await cut.happen();
    },
    footprint: () => footprintOf([server.target]),
    stop: async () => {
      cut.stop();
      await proxy.stop();
      await server.stop();
    },
  };
}
