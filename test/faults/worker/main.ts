import { brokerAt } from '../backend/brokers.js';
import { Journal } from '../history/journal.js';
import { runtimeOf } from '../stage/clock.js';
import { Member } from '../stage/member.js';
import type { Order, Word } from './messages.js';

// A member in a process of its own, for what can only be done to a process. It ends by itself when all is closed: what keeps it is a leak.

let member: Member | undefined;
let isClosing = false;

function say(word: Word): void {
  if (process.connected) process.send?.(word);
}

async function obey(order: Order): Promise<void> {
  if (order.order === 'begin') {
    const { plan, seed, address, folder } = order;
    const journal = new Journal(folder, plan.name, (event) => { say({ word: 'event', event }); });
    const runtime = runtimeOf(plan);
    member = new Member(plan, seed, brokerAt(address, runtime), runtime, journal);
    const { published } = await member.begin();
    say({ word: 'up' });
    void published.then(() => { say({ word: 'published' }); });
  } else if (order.order === 'healed') member?.healed();
  else {
    isClosing = true;
    const report = await member?.close(order.limitMs);
    if (report !== undefined) say({ word: 'closed', report });
    process.disconnect();
  }
}

process.on('message', (order: Order) => { void obey(order); });
process.on('SIGTERM', () => { void obey({ order: 'close', limitMs: 10_000 }); });
// Whoever started it is gone: it would go on for ever.
process.on('disconnect', () => { if (!isClosing) process.exit(1); });
say({ word: 'ready' });
