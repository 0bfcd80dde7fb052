// With its change stream as notification channel; what is done is removed, as everybody else does.
import { Agenda } from 'agenda';
import { MongoBackend, MongoChangeStreamNotificationChannel } from '@agendajs/mongo-backend';
import { percentile, perSecond } from '../../figures.mjs';
import { inLoops, paced } from '../flow.mjs';
import { payload } from '../payload.mjs';
import { emptied } from './world.mjs';

async function opened(work = async () => undefined) {
  const { db, leave } = await emptied();
  const agenda = new Agenda({
    backend: new MongoBackend({ mongo: db }),
    notificationChannel: new MongoChangeStreamNotificationChannel({ db }),
    processEvery: 1_000, maxConcurrency: 256, defaultConcurrency: 256, removeOnComplete: true,
  });
  agenda.on('error', (error) => { throw error; });
  agenda.define('m', work);
  await agenda.ready;
  return { agenda, leave: async () => { await agenda.stop(); await leave(); } };
}

export async function publishAwaited(count) {
  const { agenda, leave } = await opened();
  const figure = await perSecond(count, () => inLoops(100, count, (id) => agenda.now('m', payload(id))));
  await leave();
  return figure;
}

export async function consume(count) {
  const { agenda, leave } = await opened();
  await inLoops(100, count, (id) => agenda.now('m', payload(id)));
  const figure = await perSecond(count, async () => {
    const through = completed(agenda, count);
    await agenda.start();
    await through;
  });
  await leave();
  return figure;
}

export async function latency(count, share, gapMs) {
  const took = [];
  const { agenda, leave } = await opened(async ({ attrs }) => { took.push(performance.now() - attrs.data.sent); });
  await agenda.start();
  const through = completed(agenda, count);
  await paced(count, gapMs, (id) => agenda.now('m', { ...payload(id), sent: performance.now() }));
  await through;
  await leave();
  return percentile(took, share);
}

function completed(agenda, count) {
  return new Promise((resolve) => {
    let left = count;
    agenda.on('complete', () => {
      left -= 1;
      if (left === 0) resolve();
    });
  });
}
