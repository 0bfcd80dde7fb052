/**
 * What can become of a delivery, as a letter of a row.
 *
 * | letter | fate |
 * | --- | --- |
 * | `a` | acked |
 * | `r` | retried: comes back, now or later |
 * | `d` | went to the dead letters |
 * | `x` | released: handed back, the attempt refunded |
 * | `l` | lost: its settlement came when somebody else had the message already |
 * | `!` | lapsed: its lease ran out and was taken away, the attempt counts |
 * | `?` | leaked: emitted, but no operator took it |
 * | `g` | gone: dropped, without a dead letter |
 * | `+` | its lease was renewed; looked at only in rows that show one |
 */
export type Fate = 'a' | 'r' | 'd' | 'x' | 'l' | '!' | '?' | 'g' | '+';

const words: Readonly<Record<Fate, string>> = {
  a: 'ack', r: 'retry', d: 'dead letter', x: 'release', l: 'lost', '!': 'lapse', '?': 'leak', g: 'gone', '+': 'renewal',
};

export function isFate(letter: string): letter is Fate {
  return letter in words;
}

/** `a ack, r retry, …`: for errors and the legend of reports. */
export const fateLegend: string = Object.entries(words).map(([letter, word]) => `${letter} ${word}`).join(', ');
