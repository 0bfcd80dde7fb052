import amqp from 'amqplib';
import { perSecond } from '../../figures.mjs';
import { inLoops } from '../flow.mjs';
import { payload } from '../payload.mjs';

async function opened() {
  const connection = await amqp.connect(`amqp://guest:guest@127.0.0.1:${process.env.BENCH_RABBIT_PORT}`);
  const channel = await connection.createConfirmChannel();
  await channel.deleteQueue('bench');
  await channel.assertQueue('bench', { durable: true, arguments: { 'x-queue-type': 'quorum' } });
  return { connection, channel };
}

const send = (channel, id) => new Promise((resolve, reject) => {
  channel.sendToQueue('bench', Buffer.from(JSON.stringify(payload(id))), { persistent: true }, (error) => (error ? reject(error) : resolve()));
});

export async function publishAwaited(count) {
  const { connection, channel } = await opened();
  const figure = await perSecond(count, () => inLoops(100, count, (id) => send(channel, id)));
  await connection.close();
  return figure;
}

export async function consume(count) {
  const { connection, channel } = await opened();
  await inLoops(500, count, (id) => send(channel, id));
  await channel.prefetch(256);
  const figure = await perSecond(count, () => new Promise((resolve) => {
    let left = count;
    void channel.consume('bench', (message) => {
      JSON.parse(message.content.toString());
      channel.ack(message);
      left -= 1;
      if (left === 0) resolve();
    });
  }));
  await connection.close();
  return figure;
}
