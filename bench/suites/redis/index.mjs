import { has, start } from '../../servers.mjs';

export { cases } from './cases.mjs';

/** redis-server must be there; the peers' servers are used where they are installed. Nothing is written to disk by any of them but RabbitMQ. */
export async function prepare() {
  if (!has('redis-server')) throw new Error('redis-server is not on the PATH; on Debian: apt-get install redis-server');
  const redis = await start('redis-server', (port, folder) => ['--port', String(port), '--bind', '127.0.0.1', '--save', '', '--appendonly', 'no', '--dir', folder]);
  const nats = has('nats-server') ? await start('nats-server', (port, folder) => ['-js', '-a', '127.0.0.1', '-p', String(port), '-sd', folder]) : undefined;
  const rabbit = has('rabbitmq-server') ? await startRabbit() : undefined;
  return {
    environment: {
      BENCH_REDIS_PORT: String(redis.port),
      ...(nats === undefined ? {} : { BENCH_NATS_PORT: String(nats.port) }),
      ...(rabbit === undefined ? {} : { BENCH_RABBIT_PORT: String(rabbit.port) }),
    },
    end: () => Promise.all([redis, nats, rabbit].map((server) => server?.end())),
  };
}

/** Its Erlang node needs a name and a distribution port of its own. */
function startRabbit() {
  return start('rabbitmq-server', () => [], (port, folder) => ({
    RABBITMQ_NODENAME: `bench-${port}@localhost`,
    RABBITMQ_NODE_PORT: String(port),
    RABBITMQ_NODE_IP_ADDRESS: '127.0.0.1',
    RABBITMQ_DIST_PORT: String(port + 20_000 > 65_535 ? port - 20_000 : port + 20_000),
    RABBITMQ_MNESIA_BASE: folder,
    RABBITMQ_LOG_BASE: folder,
    RABBITMQ_ENABLED_PLUGINS_FILE: `${folder}/plugins`,
  }));
}
