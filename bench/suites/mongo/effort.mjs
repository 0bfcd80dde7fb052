// What work takes apart from time: on a machine that others use as well these say more.
import { MongoClient } from 'mongodb';

/** Asks the server before and after. */
async function difference(figureOf, work) {
  const driver = await MongoClient.connect(process.env.BENCH_MONGO_URI);
  const look = async () => figureOf(await driver.db('admin').command({ serverStatus: 1 }));
  const before = await look();
  await work();
  const after = await look();
  await driver.close();
  return after - before;
}

/** µs of CPU that this process and the server use together. */
export async function cpuOf(work) {
  const before = process.cpuUsage();
  const server = await difference(({ extra_info: { user_time_us, system_time_us } }) => user_time_us + system_time_us, work);
  const { user, system } = process.cpuUsage(before);
  return server + user + system;
}

/** Keys of indexes that the server looks at. */
export const keysExamined = (work) => difference(({ metrics }) => Number(metrics.queryExecutor.scanned), work);
