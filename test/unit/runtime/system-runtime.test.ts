import { afterEach, describe, expect, test, vi } from 'vitest';
import { systemRuntime } from '../../../src/system-runtime.js';

afterEach(() => { vi.useRealTimers(); vi.restoreAllMocks(); });

describe('the clock of this process', () => {
  test('begins at the wall clock and is whole milliseconds', () => {
    const now = systemRuntime().now();
    expect(Math.abs(now - Date.now())).toBeLessThan(1_000);
    expect(Number.isInteger(now)).toBe(true);
  });

  test.each([['back', -3_600_000], ['forward', 3_600_000]])('does not follow when somebody sets the wall clock %s', (_direction, by) => {
    const runtime = systemRuntime();
    const before = runtime.now();
    const wall = Date.now();
    vi.spyOn(Date, 'now').mockReturnValue(wall + by);
    expect(runtime.now() - before).toBeGreaterThanOrEqual(0);
    expect(runtime.now() - before).toBeLessThan(60_000);
  });

  test('runs work at its time, never before, also where the delay is longer than a Node timer carries', () => {
    vi.useFakeTimers();
    const runtime = systemRuntime();
    const due = runtime.now() + 2 ** 31 + 5;
    let ranAt: number | undefined;
    runtime.at(due, () => { ranAt = runtime.now(); });
    vi.advanceTimersByTime(2 ** 31);
    expect(ranAt).toBeUndefined();
    vi.advanceTimersByTime(10);
    expect(ranAt).toBeGreaterThanOrEqual(due);
  });

  test('a timer that was taken back does not run', () => {
    vi.useFakeTimers();
    const runtime = systemRuntime();
    const work = vi.fn();
    runtime.at(runtime.now() + 5, work)();
    vi.advanceTimersByTime(10);
    expect(work).not.toHaveBeenCalled();
  });
});
