import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** All as PEM. */
export interface Certificates {
  /** The authority that signed the server's certificate. */
  readonly ca: string;
  /** Another authority of the same name, which signed nothing. */
  readonly otherCa: string;
  /** For localhost and 127.0.0.1. */
  readonly cert: string;
  readonly key: string;
}

/** Makes an authority and a server's certificate signed by it, valid for a day. */
export function makeCertificates(): Certificates {
  const folder = mkdtempSync(join(tmpdir(), 'chronow-certificates-'));
  const file = (name: string): string => join(folder, name);
  const read = (name: string): string => readFileSync(file(name), 'utf8');
  try {
    for (const name of ['ca', 'other']) openssl('req', '-x509', ...newKey, '-nodes', '-days', '1', '-subj', '/CN=Chronow test CA', '-keyout', file(`${name}.key`), '-out', file(`${name}.crt`));
    openssl('req', ...newKey, '-nodes', '-subj', '/CN=localhost', '-keyout', file('server.key'), '-out', file('server.csr'));
    writeFileSync(file('names'), 'subjectAltName=DNS:localhost,IP:127.0.0.1\n');
    openssl('x509', '-req', '-in', file('server.csr'), '-CA', file('ca.crt'), '-CAkey', file('ca.key'), '-set_serial', '1', '-days', '1', '-extfile', file('names'), '-out', file('server.crt'));
    return { ca: read('ca.crt'), otherCa: read('other.crt'), cert: read('server.crt'), key: read('server.key') };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

const newKey = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1'] as const;

function openssl(...args: readonly string[]): void {
  execFileSync('openssl', args, { stdio: 'pipe' });
}
