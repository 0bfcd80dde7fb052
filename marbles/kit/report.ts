import { fateLegend } from './fates.js';
import { fatesByName } from './expect/settled.js';
import { countLetter } from './expect/deliveries.js';
import { isOutcome } from './expect/outcomes.js';
import type { Journal } from './journal.js';
import type { Mark } from './parse.js';
import type { Problem } from './problem.js';
import type { RunRecord } from './runs.js';
import { Timeline, type Row } from './timeline.js';

const mostRows = 60;
const mostMarks = 40;

/** What a failed test prints: each problem with what shows it, then everything that happened, all under each other. */
export function report(problems: readonly Problem[], journal: Journal, runs: readonly RunRecord[]): string {
  const numbered = problems.flatMap(({ title, lines }, index) => [`${String(index + 1)}. ${title}`, ...lines.map((line) => `     ${line}`), '']);
  return [`${problems.length === 1 ? '1 problem' : `${String(problems.length)} problems`} in a marble test`, '', ...numbered, ...happened(journal, runs)].join('\n').trimEnd();
}

function happened(journal: Journal, runs: readonly RunRecord[]): readonly string[] {
  const rows = [...publishedRows(journal), ...subscriptionRows(journal), ...runRows(runs)].filter(({ marks }) => marks.length > 0);
  if (rows.length === 0) return ['What happened: nothing.'];
  const shown = rows.slice(0, mostRows).map(({ label, marks }) => ({ label, marks: marks.slice(0, mostMarks) }));
  const timeline = new Timeline(shown);
  return [
    `What happened (a frame is 1 ms; ${fateLegend}; deliveries by their count):`,
    `     ${timeline.ruler}`,
    ...shown.map((row) => `     ${timeline.row(row)}`),
    ...(rows.length > shown.length ? [`     … ${String(rows.length - shown.length)} more rows`] : []),
    ...journal.faults.map(({ frame, text }) => `     fault at ${String(frame)}: ${text}`),
  ];
}

function publishedRows(journal: Journal): readonly Row[] {
  return [...journal.topics.values()].map(({ label, publications, names }) => ({
    label: `publish ${label}`,
    marks: publications.filter(({ duplicate }) => !duplicate).map(({ frame, id }) => ({ frame, letter: names.of(id) })),
  }));
}

function subscriptionRows(journal: Journal): readonly Row[] {
  return [...journal.subscriptions.values()].flatMap((record) => {
    const { label, topic, deliveries } = record;
    const fates = fatesByName(record);
    const names = new Set([...deliveries.map(({ id }) => topic.names.of(id)), ...fates.keys()]);
    return [...names].flatMap((name): readonly Row[] => {
      const delivered: readonly Mark[] = deliveries.filter(({ id }) => topic.names.of(id) === name).map(({ frame, deliveryCount }) => ({ frame, letter: countLetter(deliveryCount) }));
      return [{ label: `${label} ${name} delivered`, marks: delivered }, { label: `${label} ${name} settled`, marks: fates.get(name) ?? [] }];
    });
  });
}

function runRows(runs: readonly RunRecord[]): readonly Row[] {
  return runs.map(({ label, said }) => ({
    label: `${label} emitted`,
    marks: said.map((one): Mark => ({ frame: one.frame, letter: one.kind === 'next' ? valueLetter(one.value) : one.kind === 'error' ? '#' : '|' })),
  }));
}

const letters: Readonly<Record<string, string>> = { acked: 'a', retried: 'r', 'dead-lettered': 'd', lost: 'l', failed: 'f' };

function valueLetter(value: unknown): string {
  if (isOutcome(value)) return letters[value.kind] ?? '*';
  return typeof value === 'string' && value.length === 1 ? value : '*';
}
