import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Certificates } from './certificates.js';
import { makeCertificates } from './certificates.js';
import type { Settings } from './config-file.js';
import type { SingleOptions, SingleServer } from './single.js';
import { startSingle } from './single.js';

export interface TlsServer {
  readonly server: SingleServer;
  readonly certificates: Certificates;
  /** The authority's certificate as a file, for options that take a path. */
  readonly caFile: string;
}

/** A server that speaks only TLS, with a certificate of an authority made for it; its plain port is off. */
export async function startTls(options: Omit<SingleOptions, 'settings' | 'tls'> = {}): Promise<TlsServer> {
  const certificates = makeCertificates();
  const settings = (folder: string, port: number): Settings => {
    const write = (name: 'ca' | 'cert' | 'key'): string => {
      writeFileSync(join(folder, `${name}.pem`), certificates[name], { mode: 0o600 });
      return join(folder, `${name}.pem`);
    };
    return { port: 0, 'tls-port': port, 'tls-ca-cert-file': write('ca'), 'tls-cert-file': write('cert'), 'tls-key-file': write('key'), 'tls-auth-clients': 'no' };
  };
  const server = await startSingle({ ...options, settings, tls: { ca: certificates.ca } });
  return { server, certificates, caFile: join(server.folder, 'ca.pem') };
}
