import { finalize, interval, tap, type MonoTypeOperatorFunction, Observable } from 'rxjs';
import { subscriptions, type Ledger } from './ledger.js';
import { count, painter, type Output } from './terminal.js';

const redrawMs = 100;
const lineMs = 2_000;
const clearLine = '\r\u001b[2K';

/** Shows how far things are while the source runs: one redrawn line on a terminal, else a line every two seconds. */
export function withProgress<T>(ledger: Ledger, published: () => number, total: number, output: Output): MonoTypeOperatorFunction<T> {
  const paint = painter(output);
  const live = output.isTTY === true;
  const line = (): string => {
    const settled = subscriptions.map((name) => `${name} ${count(ledger.totals(name).acked + ledger.totals(name).dead)}`);
    return `${paint('bold', `${count(published())} of ${count(total)} published`)} ${paint('dim', '|')} settled: ${settled.join(', ')}`;
  };
  const ticks$ = interval(live ? redrawMs : lineMs).pipe(tap(() => { output.write(live ? clearLine + line() : `${line()}\n`); }));
  return (source) => new Observable((out) => {
    out.add(ticks$.pipe(finalize(() => { if (live) output.write(clearLine); })).subscribe());
    out.add(source.subscribe(out));
  });
}
