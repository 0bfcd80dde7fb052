/** A call that a README shows, with the names of its options; those of an option within an option as `warm.persist`. */
export interface ShownCall {
  readonly room: string;
  readonly name: string;
  readonly options: readonly string[];
}

const fenced = /^```\w*\n([\s\S]*?)^```/gm;

function blocksOf(readme: string): readonly string[] {
  return [...readme.matchAll(fenced)].map(([, block = '']) => block);
}

/** Everything that a README says: its sentences, headings that say more than a name, comments in its code, lines of its diagrams. */
export function claimsOf(readme: string): readonly string[] {
  const prose = readme.replace(fenced, '').split('\n');
  const sentences = prose.map(plain).filter((line) => line !== '' && !line.startsWith('#') && !/^-+$/.test(line));
  const headings = prose.flatMap((line) => /^#+ (.*\(.*)$/.exec(line)?.[1] ?? []);
  return [...new Set([...sentences, ...headings, ...blocksOf(readme).flatMap((block) => (isDiagram(block) ? partsOf(block) : commentsOf(block)))])];
}

function plain(line: string): string {
  return line.replaceAll('**', '').replace(/^\s*(?:[-*] (?:\[ \] )?|\d+\. )/, '').trim();
}

function isDiagram(block: string): boolean {
  return block.includes('→');
}

function partsOf(diagram: string): readonly string[] {
  return diagram.split('\n').map((line) => line.replace(/^[\s├└─]+/, '').trim()).filter((line) => line !== '');
}

/** But for those that are code themselves, and names of members: these are looked up. */
function commentsOf(code: string): readonly string[] {
  return [...code.matchAll(/(?:^|\s)(?:\/\/|#) (.*)$/gm)].map(([, text = '']) => text.trim()).filter((text) => !/\bmsg\./.test(text));
}

/** Every call of `cw.bus` and `cw.shared`, with the options that are shown as possible (`name?`) or given (`name: …`). */
export function callsOf(readme: string): readonly ShownCall[] {
  const code = blocksOf(readme).join('\n').replaceAll(/(?:^|\s)\/\/ (?!cw\.).*$/gm, '');
  return [...code.matchAll(/cw\.(bus|shared)\.(\w+)\(/g)].map(({ index, 0: head, 1: room = '', 2: name = '' }) => ({ room, name, options: optionsOf(argumentsAt(code, index + head.length)) }));
}

/** From behind an opening parenthesis to the one that closes it. */
function argumentsAt(code: string, from: number): string {
  let depth = 1;
  let at = from;
  for (; at < code.length && depth > 0; at += 1) {
    if (code[at] === '(') depth += 1;
    if (code[at] === ')') depth -= 1;
  }
  return code.slice(from, at - 1);
}

/** Of the last argument, where that is an object: payloads and items of lists come before it, or are none. */
function optionsOf(args: string): readonly string[] {
  const start = /(?:^|,)\s*(\{)(?=[^{}]*(?:\{[^{}]*\}[^{}]*)*\}\s*$)/.exec(args);
  if (start === null) return [];
  const body = args.slice(start.index + start[0].length);
  // A payload may stand before it.
  const last = /\}\s*,\s*\{([\s\S]*)$/.exec(body)?.[1] ?? body;
  const nested = [...last.matchAll(/\bwarm\??: \{([^{}]*)\}/g)].flatMap(([, inner = '']) => namesIn(inner).map((name) => `warm.${name}`));
  return [...namesIn(last.replaceAll(/\{[^{}]*\}/g, '')), ...nested];
}

function namesIn(text: string): readonly string[] {
  return [...text.matchAll(/(?:^|[,{\s])(\w+)\??(?=\s*:|\s*,|\s*\}|\s*$)/g)].map(([, name = '']) => name).filter((name) => !/^\d|^(?:true|false|string|number|boolean|append|latest)$/.test(name));
}

/** What is taken of a message: `msg.payload`. */
export function messageNamesOf(readme: string): readonly string[] {
  return [...new Set([...readme.matchAll(/\bmsg\.(\w+)/g)].map(([, name = '']) => name))];
}
