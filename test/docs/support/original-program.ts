import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { root } from './examples.js';

/** The README of Chronow 0.9. */
export const original: string = readFileSync(`${root}test/fixtures/original/README.md`, 'utf8');

/** The first block of code under a heading of it. */
export function codeUnder(heading: string): string {
  const [, text = ''] = original.split(new RegExp(`^#+ ${heading.replaceAll(/[().!]/g, '\\$&')}$`, 'm'));
  return /^```\w*\n([\s\S]*?)^```/m.exec(text)?.[1] ?? '';
}

/** The variables that it shows, as they stand there. */
export function shownVariables(): ReadonlyMap<string, string> {
  return new Map([...original.matchAll(/^([A-Z]+_[A-Z_]+)=(.*)$/gm)].map(([, name = '', value = '']) => [name, value]));
}

/**
 * Makes a module of one of its options and the usage part behind it, word for word but for addresses, and returns its path. Between the two it hands its client to
 * `globalThis.opened`.
 */
export function programOf(option: string, addresses: Readonly<Record<string, string>>): string {
  const folder = `${root}.cache/docs/quick-start`;
  mkdirSync(folder, { recursive: true });
  const placed = (code: string): string => Object.entries(addresses).reduce((text, [shown, real]) => text.replaceAll(shown, real), code);
  writeFileSync(`${folder}/chronos.config.json`, placed(codeUnder('Chronos-DB Configuration')));
  const file = `${folder}/${option.replaceAll(/\W+/g, '-')}-${String(Date.now())}.ts`;
  writeFileSync(file, `${placed(codeUnder(option))}\nglobalThis.opened(cw);\n\n${codeUnder('Usage (Same API for Both Modes!)')}`);
  return file;
}

export function removePrograms(): void {
  rmSync(`${root}.cache/docs/quick-start`, { recursive: true, force: true });
}
