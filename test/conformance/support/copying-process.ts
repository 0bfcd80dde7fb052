import { Chronow, type ChronowConfig } from 'chronow';

// Writes to the hot tier what the warm one, which is down, never hears of, says so, and waits to be killed.
const config = JSON.parse(process.env['CONFIG'] ?? '{}') as ChronowConfig;
const cw = await Chronow.init(config);
await cw.shared.set('there', 'before', { warm: { persist: false } });
await cw.bus.publish('orders', { n: 0 }, { persistWarmCopy: false });
for (const n of [1, 2, 3]) await cw.bus.publish('orders', { n }, { headers: { type: 'x' }, key: 'a' });
await cw.topic('short', { maxStreamLen: 10 }).publish('what is lost');
await cw.bus.publish('later', 'due', { delayMs: 5_000 });
await cw.shared.set('limit', { n: 1 });
await cw.shared.set('limit', { n: 2 });
await cw.shared.set('ended', 1, { hotTtlSeconds: 5 });
console.log(`written ${cw.shared.warmCounts.saved}`);
setInterval(() => undefined, 1_000);
