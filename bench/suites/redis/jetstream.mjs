import { AckPolicy, connect, StorageType } from 'nats';
import { perSecond } from '../../figures.mjs';
import { inLoops } from '../flow.mjs';
import { payload } from '../payload.mjs';

const encode = (id) => Buffer.from(JSON.stringify(payload(id)));

async function opened() {
  const connection = await connect({ servers: `127.0.0.1:${process.env.BENCH_NATS_PORT}` });
  const manager = await connection.jetstreamManager();
  await manager.streams.delete('bench').catch(() => undefined);
  await manager.streams.add({ name: 'bench', subjects: ['bench'], storage: StorageType.Memory });
  await manager.consumers.add('bench', { durable_name: 's', ack_policy: AckPolicy.Explicit, max_ack_pending: 1_000 });
  return { connection, stream: connection.jetstream() };
}

export async function publishAwaited(count) {
  const { connection, stream } = await opened();
  const figure = await perSecond(count, () => inLoops(100, count, (id) => stream.publish('bench', encode(id))));
  await connection.close();
  return figure;
}

export async function consume(count) {
  const { connection, stream } = await opened();
  await inLoops(200, count, (id) => stream.publish('bench', encode(id)));
  const consumer = await stream.consumers.get('bench', 's');
  const figure = await perSecond(count, async () => {
    let left = count;
    for await (const message of await consumer.consume({ max_messages: 256 })) {
      JSON.parse(message.string());
      message.ack();
      left -= 1;
      if (left === 0) break;
    }
    await connection.flush();
  });
  await connection.close();
  return figure;
}
