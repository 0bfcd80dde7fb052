import type { Run } from './audit.js';
import { subscriptions, type Difference, type Fates } from './ledger.js';
import type { Quake } from './quake.js';
import { count, painter, table, type Output } from './terminal.js';

const regionsShown = 8;
const differencesShown = 20;

/** Prints what was done, and what of it is not as it should be. */
export function printReport(run: Run, differences: readonly Difference[], output: Output): void {
  const paint = painter(output);
  const head = ([first, ...rows]: readonly string[]): readonly string[] => [paint('bold', first ?? ''), ...rows];
  const sections = [
    [paint('bold', `${count(run.published)} of ${count(run.week.length)} records, ${dayOf(run.week[0])} to ${dayOf(run.week[Math.max(0, run.published - 1)])}, replayed in ${run.seconds.toFixed(1)} s`)],
    head(table(subscriptionRows(run))),
    ...(run.review === undefined ? [] : [head(table(reviewRows(run)))]),
    head(table(regionRows(run))),
    [alertLine(run)],
    verdict(run, differences).map((line, i) => paint(i > 0 ? 'reset' : differences.length > 0 ? 'red' : run.interrupted ? 'yellow' : 'green', line)),
  ];
  output.write(`${sections.map((lines) => lines.join('\n')).join('\n\n')}\n`);
}

function subscriptionRows({ ledger, published }: Run): (string | number)[][] {
  return [
    ['subscription', 'acked', 'dead letters', 'not settled', 'retries', 'redriven', 'leases lost'],
    ...subscriptions.map((name) => {
      const fates = ledger.fates(name);
      const acked = [...fates.values()].filter((ends) => ends.at(-1) === 'acked').length;
      const { retried, lost } = ledger.totals(name);
      return [name, acked, fates.size - acked, published - fates.size, retried, settledAgain(fates), lost];
    }),
  ];
}

function settledAgain(fates: Fates): number {
  return [...fates.values()].filter((ends) => ends.length > 1).length;
}

function reviewRows({ review }: Run): (string | number)[][] {
  const letters = review?.letters ?? [];
  const reasons = [...new Set(letters.map(({ reason }) => reason))].sort();
  return [
    ['dead letters reviewed', ...subscriptions, 'then'],
    ...reasons.map((reason) => [
      reason,
      ...subscriptions.map((name) => letters.filter((letter) => letter.subscription === name && letter.reason === reason).length),
      letters.some((letter) => letter.reason === reason && review?.corrected.has(letter.recordId) === true) ? 'corrected and redriven' : 'kept',
    ]),
  ];
}

function regionRows({ regions }: Run): (string | number)[][] {
  const largest = [...regions].sort(([a, x], [b, y]) => y.count - x.count || (a < b ? -1 : 1));
  const rest = largest.slice(regionsShown);
  return [
    ['region', 'quakes', 'strongest', 'last'],
    ...largest.slice(0, regionsShown).map(([region, state]) => [region, state.count, `M ${state.strongest.magnitude.toFixed(1)}  ${state.strongest.place}`, timeOf(state.last)]),
    ...(rest.length === 0 ? [] : [[`${count(rest.length)} more`, rest.reduce((sum, [, state]) => sum + state.count, 0), '', '']]),
  ];
}

function alertLine({ alerts, ledger }: Run): string {
  const urgent = [...alerts.values()].filter(({ level }) => level === 'urgent').length;
  return `${count(urgent)} urgent alerts and ${count(alerts.size - urgent)} notices were sent; the notifier failed ${count(ledger.totals('alerts').retried)} times and was tried again.`;
}

function verdict(run: Run, differences: readonly Difference[]): readonly string[] {
  if (differences.length > 0) {
    return [
      `${count(differences.length)} differences from the file:`,
      ...differences.slice(0, differencesShown).map(({ where, id, expected, got }) => `  ${where}  ${id}  expected: ${expected}  got: ${got}`),
      ...(differences.length > differencesShown ? [`  and ${count(differences.length - differencesShown)} more`] : []),
    ];
  }
  if (run.interrupted) return ['Interrupted. What ran was finished, what had not started was handed back; everything settled is as expected.'];
  const kept = [...run.dead.values()].reduce((sum, ids) => sum + ids.length, 0);
  return [`Checked id by id against the file: ${count(run.week.length)} records in ${String(subscriptions.length)} subscriptions, ${count(run.regions.size)} regions, ${count(run.alerts.size)} alerts, ${count(kept)} dead letters. Nothing lost, nothing doubled.`];
}

function dayOf(quake: Quake | undefined): string {
  return quake === undefined ? 'never' : new Date(quake.time).toISOString().slice(0, 10);
}

function timeOf({ time }: { readonly time: number }): string {
  return new Date(time).toISOString().slice(0, 16).replace('T', ' ');
}
