import type { HistoryEvent } from '../history/history.js';
import type { BrokerEvent } from '../../../src/port/events.js';

/** A history as lines: the true time, who, what. */
export function timeline(events: readonly HistoryEvent[]): readonly string[] {
  return events.flatMap((event) => {
    const told = tell(event);
    return told === undefined ? [] : [`${event.at.toFixed(0).padStart(7)}  ${told[0].padEnd(8)} ${told[1]}`];
  });
}

function tell(event: HistoryEvent): readonly [string, string] | undefined {
  switch (event.kind) {
    case 'publish': return [event.client, `publishes ${event.ns.join(' ')} (${event.call})`];
    case 'publish-ok': return [event.client, `published ${event.ns.map((n, index) => `${String(n)} as ${event.ids[index] ?? '?'}`).join(', ')}`];
    case 'publish-unknown': return [event.client, `does not know whether ${event.ns.join(' ')} is published`];
    case 'publish-refused': return [event.client, `is refused ${event.ns.join(' ')}: ${event.code}`];
    case 'call': return [event.client, `${event.what}: ${event.outcome}`];
    case 'received': return [event.client, `receives ${String(event.n)} under ${event.lease} in ${event.sub} (${event.consumer})`];
    case 'started': return [event.client, `works on ${String(event.n)}#${String(event.count)} under ${event.lease} in ${event.sub}`];
    case 'ended': return [event.client, `work on ${String(event.n)} under ${event.lease} ${event.how}`];
    case 'outcome': return [event.client, `${event.what} ${String(event.n)} in ${event.sub}`];
    case 'stream-error': return [event.client, `stream on ${event.sub} ends with ${event.code}`];
    case 'watched': return [event.client, `sees (${event.by}) ${event.key} = ${event.body ?? 'nothing'} at revision ${String(event.revision)} (${event.cause})`];
    case 'watch-status': return [event.client, `watch of ${event.key} is ${event.status}`];
    case 'fault': return [event.client, `FAULT ${event.what} until ${event.to.toFixed(0)}`];
    case 'gone': return [event.client, `GONE (${event.why})`];
    case 'call-fault': return [event.client, `FAULT ${event.op} ${event.fate}`];
    case 'healed': return ['', 'ALL HEALED'];
    case 'stored': return ['broker', `${clock(event.b)} stores ${event.items.map(({ n, id, duplicate, dueAt }) => `${String(n)} as ${id}${duplicate ? ' (known)' : ''}${dueAt === undefined ? '' : ` due ${clock(dueAt)}`}`).join(', ')}`];
    case 'leased': return ['broker', `${clock(event.b)} leases ${String(event.n)}#${String(event.count)} as ${event.lease} to ${event.client} (${event.consumer}) in ${event.sub} until ${clock(event.until)}${event.isolated ? ' alone' : ''}`];
    case 'settled': return ['broker', `${clock(event.b)} ${event.action}${event.delayMs === undefined ? '' : ` in ${String(event.delayMs)}`} of ${event.lease} by ${event.consumer}: ${event.result}`];
    case 'renewed': return ['broker', `${clock(event.b)} renews ${event.lease} until ${clock(event.until)}`];
    case 'noticed': return event.event.type === 'policy-changed' ? undefined : ['broker', `${clock(event.b)} ${noticed(event.event)}`];
    case 'key-changed': return ['broker', `${clock(event.b)} ${event.key} = ${event.body ?? 'nothing'} at revision ${String(event.revision)}`];
    case 'demand': return [event.client, `asks for ${String(event.max)} in ${event.sub}, holds ${String(event.held)} of ${String(event.window)} (${event.consumer})`];
    case 'attached': return ['broker', `attaches ${event.consumer} to ${event.sub}`];
    default: return undefined;
  }
}

function noticed(event: BrokerEvent): string {
  return `${event.type}${'id' in event ? ` ${event.id}` : ''}${'reason' in event ? ` ${event.reason}` : ''}`;
}

/** The end of a wall clock time, so that lines stay short. */
function clock(time: number): string {
  return `[${String(time - 1_700_000_000_000)}]`;
}
