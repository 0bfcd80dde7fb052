import { EventEmitter } from 'node:events';
import { takeUntil, Subject } from 'rxjs';
import { expect, it } from 'vitest';
import { stopSignal } from '../../../examples/earthquakes/signals.js';

it('the first signal stops who waits and who comes later, and the second finds no listener', () => {
  const target = new EventEmitter();
  const stop$ = stopSignal(target);
  const work$ = new Subject<number>();
  let ends = 0;
  work$.pipe(takeUntil(stop$)).subscribe({ complete: () => { ends += 1; } });
  expect(target.listenerCount('SIGINT')).toBe(1);

  target.emit('SIGINT');
  expect(ends).toBe(1);
  expect(target.listenerCount('SIGINT') + target.listenerCount('SIGTERM')).toBe(0);

  work$.pipe(takeUntil(stop$)).subscribe({ complete: () => { ends += 1; } });
  expect(ends).toBe(2);
  const seen: string[] = [];
  stop$.subscribe((signal) => seen.push(signal));
  expect(seen).toEqual(['SIGINT']);
});
