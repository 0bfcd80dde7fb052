import type { KeyRef } from '../../../src/port/names.js';
import type { History } from '../history/history.js';
import { bodyText } from '../history/message-text.js';
import type { KeyWritePlan } from '../plan/plan.js';
import { codeOf, type SimProcess } from './sim-process.js';

/** Only ever counted up by `update`. */
export const counterKey = 'counter';

export function keyRef(key: string): KeyRef {
  return { tenantId: 'default', namespace: 'default', key };
}

/** Writes a shared key as planned. `value` is nobody else's. */
export function writeKey(process: SimProcess, { key, action }: KeyWritePlan, value: number, history: History): void {
  const { shared } = process.cw;
  const what = `${action} ${key}`;
  const ok = (): void => { history.add({ kind: 'call', client: process.name, what, outcome: 'ok' }); };
  const failed = (error: unknown): void => { history.add({ kind: 'call', client: process.name, what, outcome: codeOf(error) }); };
  switch (action) {
    case 'set': process.follow(what, shared.set(key, value), ok, failed); break;
    case 'set-ttl': process.follow(what, shared.set(key, value, { hotTtlSeconds: 0.7 }), ok, failed); break;
    case 'del': process.follow(what, shared.del(key), ok, failed); break;
    case 'update': process.follow(what, shared.update<number>(key, (count) => count + 1, { initial: 0 }), ok, failed); break;
  }
}

/** Watches a key for as long as the process lives: through the port, and as an application does. */
export function watch(process: SimProcess, key: string, history: History): void {
  const client = process.name;
  process.broker.watches.watchKey(keyRef(key)).subscribe((signal) => {
    if (signal.kind === 'status') history.add({ kind: 'watch-status', client, key, status: signal.status });
    else {
      const { state, cause } = signal.change;
      history.add({ kind: 'watched', by: 'port', client, key, revision: state.revision, body: state.body === undefined ? undefined : bodyText(state.body), cause });
    }
  });
  process.cw.shared.watch<number>(key).changes$.subscribe(({ new: value, revision, cause }) => {
    history.add({ kind: 'watched', by: 'core', client, key, revision, body: value === undefined ? undefined : JSON.stringify(value), cause });
  });
}
