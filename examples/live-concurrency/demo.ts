import type { Chronow } from 'chronow';
import { concatMap, defer, filter, from, ignoreElements, lastValueFrom, merge, mergeMap, repeat, take, takeUntil, timeout, timer, type Observable } from 'rxjs';
import { limitOf, setLimit } from './limit.js';
import { Thumbnails, type Image } from './work.js';
import { finishingWorkers, yieldingWorkers, type WorkersSetup } from './workers.js';

const imageCount = 120;
const firstLimit = 2;
/** What the limit is set to after so many ms. */
const changes = [{ afterMs: 400, limit: 8 }, { afterMs: 800, limit: 3 }];

type Print = (line: string) => void;

/** What ran while one limit held. */
interface Phase {
  readonly limit: number;
  readonly finished: number;
  readonly peak: number;
}

interface Round {
  readonly title: string;
  readonly workers: (setup: WorkersSetup) => Observable<unknown>;
  readonly mayInterrupt: boolean;
}

const rounds: readonly Round[] = [
  { title: 'A new limit lets running work finish (drainOn, repeat)', workers: finishingWorkers, mayInterrupt: false },
  { title: 'A new limit stops running work and hands it back (switchMap)', workers: yieldingWorkers, mayInterrupt: true },
];

/** Plays both rounds; answers what was not as it should be. */
export async function demo(cw: Chronow, print: Print): Promise<readonly string[]> {
  print(`${String(imageCount)} images a round. The number of workers is the shared key "workers.limit", changed while they run.`);
  const problems: string[] = [];
  for (const round of rounds) problems.push(...await play(cw, round, print));
  print(problems.length === 0 ? '\nEvery image was done exactly once, never more at once than the limit allowed.' : `\nNot as expected:\n  ${problems.join('\n  ')}`);
  return problems;
}

async function play(cw: Chronow, { title, workers, mayInterrupt }: Round, print: Print): Promise<readonly string[]> {
  const images = cw.topic<Image>('images');
  const thumbnails = new Thumbnails();
  const phases: Phase[] = [];
  let limitNow = 0;
  const endPhase = (): void => {
    if (limitNow > 0) phases.push({ limit: limitNow, peak: thumbnails.peak, finished: thumbnails.finished.size - phases.reduce((sum, phase) => sum + phase.finished, 0) });
    thumbnails.resetPeak();
  };
  const onLimit = (limit: number): void => {
    endPhase();
    limitNow = limit;
  };

  print(`\n${title}`);
  await setLimit(cw, firstLimit);
  await images.publishBatch(Array.from({ length: imageCount }, (_, i) => ({ payload: { name: `image-${String(i + 1)}` } })));
  const changing$ = from(changes).pipe(
    mergeMap(({ afterMs, limit }) => timer(afterMs).pipe(concatMap(() => setLimit(cw, limit)))),
    ignoreElements(),
  );
  await lastValueFrom(merge(workers({ images, thumbnails, limit$: limitOf(cw), onLimit }), changing$).pipe(
    takeUntil(thumbnails.reached$(imageCount)),
    timeout({ first: 10_000, each: 10_000 }),
  ), { defaultValue: undefined });
  await lastValueFrom(settled$(cw));
  endPhase();

  for (const { limit, finished, peak } of phases) print(`  limit ${String(limit)}: ${String(finished).padStart(3)} done, at most ${String(peak)} at once`);
  print(`  ${String(thumbnails.finished.size)} of ${String(imageCount)} done, ${String(thumbnails.interrupted)} interrupted`);
  return [
    ...[...thumbnails.finished].filter(([, times]) => times !== 1).map(([name, times]) => `${name} was done ${String(times)} times`),
    ...(thumbnails.finished.size === imageCount ? [] : [`${String(imageCount - thumbnails.finished.size)} images were not done`]),
    ...phases.filter(({ limit, peak }) => peak > limit).map(({ limit, peak }) => `${String(peak)} ran at once under a limit of ${String(limit)}`),
    ...(phases.length === changes.length + 1 ? [] : [`${String(changes.length + 1)} limits were expected, ${String(phases.length)} seen`]),
    ...(thumbnails.interrupted > 0 && !mayInterrupt ? [`${String(thumbnails.interrupted)} were interrupted`] : []),
  ].map((problem) => `${title}: ${problem}`);
}

/** Emits when the backend holds nothing unsettled of the images any more. */
function settled$(cw: Chronow): Observable<unknown> {
  return defer(() => cw.bus.stats('images')).pipe(
    repeat({ delay: 10 }),
    filter(({ subscriptions }) => subscriptions.every(({ waiting, delayed, leased }) => waiting === 0 && delayed === 0 && leased === 0)),
    take(1),
    timeout(5_000),
  );
}
