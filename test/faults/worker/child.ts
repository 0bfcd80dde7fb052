import { fork } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import type { Address } from '../backend/backend.js';
import type { HistoryEvent } from '../history/event.js';
import { readHistory } from '../history/read.js';
import type { Actor } from '../stage/actor.js';
import type { MemberReport } from '../stage/member.js';
import type { MemberPlan } from '../stage/plan.js';
import type { Order, Word } from './messages.js';

/** The compiled worker: a process of Node runs no TypeScript. */
const worker = fileURLToPath(new URL('../../../.cache/faults/test/faults/worker/main.js', import.meta.url)).replace('/.cache/faults/.cache/faults/', '/.cache/faults/');

/** How long a child may live on after it said that all is closed. */
const lingerMs = 3_000;

/** A member in a process of its own. */
export function actInChild(plan: MemberPlan, seed: number, address: Address, folder: string, heard: (event: HistoryEvent) => void): Actor {
  const child = fork(worker, [], { execArgv: [], stdio: ['ignore', 'inherit', 'inherit', 'ipc'] });
  const tell = (order: Order): void => { if (child.connected) child.send(order); };
  const words = new Map<Word['word'], (word: Word) => void>();
  const said = (word: Word['word']): Promise<Word> => new Promise((resolve) => { words.set(word, resolve); });
  let isGone = false;
  let isClosing = false;
  let last = 0;
  const hear = (event: HistoryEvent): void => {
    if (event.seq <= last) return;
    last = event.seq;
    heard(event);
  };
  child.on('message', (word: Word) => {
    if (word.word === 'event') hear(word.event);
    else words.get(word.word)?.(word);
  });
  const exited = new Promise<void>((resolve) => { child.once('exit', () => resolve()); });
  const gone = exited.then(() => {
    if (isClosing) return;
    isGone = true;
    // What it wrote down and did not say any more.
    for (const event of readHistory(folder)) if (event.process === plan.name) hear(event);
    heard({ t: Number(process.hrtime.bigint()) / 1e6, process: plan.name, seq: last + 1, kind: 'process', what: 'killed' });
  });
  const [ready, up, published, closed] = [said('ready'), said('up'), said('published'), said('closed')];
  void ready.then(() => { tell({ order: 'begin', plan, seed, address, folder }); });
  return {
    name: plan.name,
    up: Promise.race([up, exited]).then(() => undefined),
    published: Promise.race([published, exited]).then(() => undefined),
    gone,
    get isGone() { return isGone; },
    healed: () => { tell({ order: 'healed' }); },
    close: async (limitMs) => {
      isClosing = true;
      tell({ order: 'close', limitMs });
      const word = await Promise.race([closed, exited]);
      const report: MemberReport = typeof word === 'object' && word.word === 'closed' ? word.report : { closedInMs: null, unsettled: [] };
      return (await endsBy(exited, lingerMs)) ? report : { ...report, unsettled: [...report.unsettled, `${plan.name}: the end of its process`, ...(child.kill('SIGKILL') ? [] : [])] };
    },
    kill: () => { child.kill('SIGKILL'); },
    abandon: async () => {
      isClosing = true;
      child.kill('SIGKILL');
      await exited;
    },
    terminate: async (limitMs) => {
      isClosing = true;
      child.kill('SIGTERM');
      if (!(await endsBy(exited, limitMs))) child.kill('SIGKILL');
      await exited;
      return child.exitCode;
    },
    freeze: () => { child.kill('SIGSTOP'); },
    thaw: () => { child.kill('SIGCONT'); },
  };
}

function endsBy(exited: Promise<void>, ms: number): Promise<boolean> {
  return new Promise((resolve) => {
    const timer = setTimeout(() => resolve(false), ms);
    void exited.then(() => {
      clearTimeout(timer);
      resolve(true);
    });
  });
}
