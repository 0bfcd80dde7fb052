/** Whether a stream id stands before another one. */
export function isBefore(left: string, right: string): boolean {
  const dash = left.indexOf('-');
  // Ids of one time have their milliseconds equally long; what differs is the number behind them.
  if (left.length === right.length && right.indexOf('-') === dash) return left < right;
  const [ms, otherMs] = [Number(left.slice(0, dash)), Number(right.slice(0, right.indexOf('-')))];
  return ms === otherMs ? Number(left.slice(dash + 1)) < Number(right.slice(right.indexOf('-') + 1)) : ms < otherMs;
}
