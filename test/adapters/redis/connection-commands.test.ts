import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { leastRights, usedCommands } from '../../../src/adapters/redis/connection/commands.js';

const adapter = fileURLToPath(new URL('../../../src/adapters/redis', import.meta.url));
const docs = readFileSync(fileURLToPath(new URL('../../../docs/redis.md', import.meta.url)), 'utf8');
const sources = readdirSync(adapter, { recursive: true, encoding: 'utf8' }).filter((path) => path.endsWith('.ts') && !path.endsWith('commands.ts')).map((path) => readFileSync(`${adapter}/${path}`, 'utf8')).join('\n');
const containers = new Set(['xgroup', 'xinfo', 'client', 'config', 'cluster']);
const known = new Set(usedCommands.map(({ name }) => name));

/** As an ACL names it: with its subcommand, where it has some. */
function named([, name = '', sub = '']: RegExpMatchArray): string {
  const command = name.toLowerCase();
  return containers.has(command) ? `${command}|${sub.toLowerCase()}` : command;
}

describe('the table of commands', () => {
  const inScripts = new Set([...sources.matchAll(/redis\.p?call\('(\w+)'(?:, '(\w+)')?/g)].map(named));
  const inCode = new Set([...sources.matchAll(/\.(?:call|command|read|commandOver)\((?:\w+, |\w+\.\w+, )?'([a-z]+)'(?:, (?:\w+, )?\[?'(\w+)')?/g)].map(named));

  it('has every command of a script, and every one that the code sends', () => {
    expect(inScripts.size).toBeGreaterThan(30);
    expect(inCode.size).toBeGreaterThan(10);
    expect([...inScripts, ...inCode].filter((name) => !known.has(name))).toEqual([]);
  });

  it('has none that no script uses', () => {
    expect(usedCommands.filter(({ name, from }) => from === 'script' && !inScripts.has(name)).map(({ name }) => name)).toEqual([]);
  });

  it('is the access list of the docs', () => {
    expect(docs).toContain(leastRights().join(' '));
    for (const { name } of usedCommands.filter(({ when }) => when === 'cluster' || when === 'durability')) expect(docs).toContain(`+${name}`);
  });
});
