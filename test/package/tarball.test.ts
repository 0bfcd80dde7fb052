import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { publint } from 'publint';
import { formatMessage } from 'publint/utils';
import { describe, expect, it } from 'vitest';
import { doors, type Manifest } from '../architecture/guards/doors.js';
import { filesBelow } from './support/files.js';
import { outcomeOf, type Outcome } from './support/consumers.js';
import { packed } from './support/packed.js';

const root = fileURLToPath(new URL('../..', import.meta.url));
const { tarball, package: unpacked } = packed();
const files = filesBelow(unpacked);
const manifest = JSON.parse(readFileSync(join(unpacked, 'package.json'), 'utf8')) as Manifest;

describe('the tarball', () => {
  it('holds what every door leads to', () => {
    expect(doors(manifest, files)).toEqual([]);
  });

  it('holds what was built, the words about it, and nothing else', () => {
    const rest = files.filter((path) => !/^dist\/(src|operators|marbles)\/.*\.(js|d\.ts)(\.map)?$/.test(path));
    expect(['CHANGELOG.md', 'LICENSE', 'README.md', 'llms.txt', 'package.json']).toEqual(expect.arrayContaining(rest));
    expect(rest).toEqual(expect.arrayContaining(['LICENSE', 'README.md', 'package.json']));
  });

  it('passes publint', async () => {
    expect(await publintFindings(unpacked)).toEqual([]);
  });

  it('passes arethetypeswrong as an ESM-only package', async () => {
    const { code, output } = await attw(tarball);
    expect(code, output).toBe(0);
  });
});

describe('a broken package', () => {
  const broken = join(root, 'test/fixtures/package/broken');

  it('is refused by publint', async () => {
    expect(await publintFindings(broken)).toEqual(expect.arrayContaining([expect.stringContaining('./gone.js but the file does not exist'), expect.stringContaining('types should be the first')]));
  });

  it('is refused by arethetypeswrong', async () => {
    const { code, output } = await attw('--pack', broken);
    expect(code).toBe(1);
    expect(output).toContain('Resolution failed');
  });
});

async function publintFindings(pkgDir: string): Promise<readonly string[]> {
  const { messages, pkg } = await publint({ pkgDir, strict: true, pack: false });
  return messages.map((message) => formatMessage(message, pkg, { color: false }) ?? message.code);
}

function attw(...what: readonly string[]): Promise<Outcome> {
  const cli = join(root, 'node_modules/@arethetypeswrong/cli/dist/index.js');
  return outcomeOf(process.execPath, [cli, ...what, '--profile', 'esm-only', '--format', 'ascii', '--no-emoji', '--no-color'], root);
}
