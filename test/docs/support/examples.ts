import { readFileSync, readdirSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import ts from 'typescript';

export const root: string = fileURLToPath(new URL('../../../', import.meta.url));

/** A piece of TypeScript in a document or a docstring. */
export interface Example {
  /** Where it stands, for the name of its test. */
  readonly where: string;
  readonly code: string;
}

const fence = /^```ts\n([\s\S]*?)^```/gm;

/** The \`\`\`ts blocks of a text. */
export function blocksOf(where: string, text: string): readonly Example[] {
  return [...text.matchAll(fence)].map(([, code = ''], index) => ({ where: `${where} #${String(index + 1)}`, code }));
}

/** Its examples, right and wrong ones, are the cases of test/types. */
const testedElsewhere = new Set(['placement.md']);

export function documentExamples(): readonly Example[] {
  const pages = ['README.md', ...readdirSync(`${root}docs`).filter((name) => name.endsWith('.md') && !testedElsewhere.has(name)).map((name) => `docs/${name}`)];
  return pages.flatMap((page) => blocksOf(page, readFileSync(root + page, 'utf8')));
}

/** The examples in the docstrings of a folder's sources. */
export function docstringExamples(folder: string): readonly Example[] {
  return sourcesIn(folder).flatMap((file) => docstringsOf(file).flatMap((text) => blocksOf(file, text)));
}

/** The text of every docstring in a file, without its asterisks. */
export function docstringsOf(file: string): readonly string[] {
  const text = readFileSync(root + file, 'utf8');
  return [...text.matchAll(/\/\*\*[\s\S]*?\*\//g)].map(([comment]) => comment.replace(/^[ \t]*\/?\*+\/? ?/gm, ''));
}

function sourcesIn(folder: string): readonly string[] {
  return readdirSync(root + folder, { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.ts'))
    .map((name) => `${folder}/${name}`);
}

/** A module out of an example: it may await, and its names are its own. */
export function moduleOf(code: string): string {
  const isModule = ts.preProcessFile(code).importedFiles.length > 0;
  return isModule ? code : `${code}\nexport {};\n`;
}
