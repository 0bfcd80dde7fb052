import type { Misuse, Unseen } from '../misuses/misuse.js';

// How docs/placement.md shows the mistakes. The page is compared with this, so that it says what the compiler says.

const cell = (text: string): string => text.replaceAll('|', '\\|');

/** A mistake on its own: what not to write, what to write, and the message. */
export function section({ mistake, code, says, instead }: Misuse): string {
  return [`### ${mistake}`, '', '```ts', `${code}; // no`, `${instead}; // yes`, '```', '', `\`${says}\``].join('\n');
}

/** A mistake as a row of a table. */
export function row({ code, says, instead }: Misuse): string {
  return `| \`${cell(code)}\` | \`${cell(says)}\` | \`${cell(instead)}\` |`;
}

/** What the compiler cannot see, as a row of a table. */
export function unseenRow({ mistake, code, happens, instead }: Unseen): string {
  return `| ${mistake}: \`${cell(code)}\` | ${cell(happens)} | \`${cell(instead)}\` |`;
}
