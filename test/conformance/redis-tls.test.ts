import { afterAll, beforeAll } from 'vitest';
import { conformance } from '../../marbles/conformance/index.js';
import { describeRedis } from '../support/redis/shared.js';
import type { TlsServer } from '../support/redis/tls.js';
import { startTls } from '../support/redis/tls.js';
import { atOnce } from './support/at-once.js';
import { redisHarness } from './support/redis-harness.js';

describeRedis('Redis over TLS', () => {
  let tls: TlsServer;
  beforeAll(async () => {
    tls = await startTls();
  });
  afterAll(() => tls.server.stop());

  conformance(atOnce, redisHarness('a server that speaks only TLS', () => ({ hosts: [tls.server.target], tls: true, ca: tls.certificates.ca })));
});
