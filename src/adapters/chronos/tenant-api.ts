import { ChronowError, isChronowError } from '../../errors.js';
import type { ChronosInstance, ChronosMessagingApi } from './chronos.js';

/** The messaging of one tenant: one object for all calls, which has answered before the second call goes out. */
export class TenantApi {
  readonly #chronos: () => Promise<ChronosInstance>;
  readonly #tenantId: string;
  #api: Promise<ChronosMessagingApi> | undefined = undefined;

  constructor(chronos: () => Promise<ChronosInstance>, tenantId: string) {
    this.#chronos = chronos;
    this.#tenantId = tenantId;
  }

  async call<T>(what: string, work: (api: ChronosMessagingApi) => Promise<T>): Promise<T> {
    const asked = (this.#api ??= this.#open());
    try {
      return await work(await asked);
    } catch (error) {
      if (isChronowError(error)) throw error;
      // An object that failed to connect never recovers.
      if (!isServerError(error) && this.#api === asked) this.#api = undefined;
      throw failureOf(error, what);
    }
  }

  /** Its promise of a connection has no handler, and two first calls make two connections: the first call is ours, and alone. */
  async #open(): Promise<ChronosMessagingApi> {
    const api = (await this.#chronos()).messaging(this.#tenantId);
    await api.topics.get({ topic: '' });
    return api;
  }
}

/** Whether the server answered, whatever it said. */
function isServerError(error: unknown): boolean {
  return codeOf(error) !== undefined && error instanceof Error && !/Network|ServerSelection|PoolCleared|Topology/.test(error.name);
}

export function codeOf(error: unknown): number | undefined {
  const code: unknown = error instanceof Error ? Reflect.get(error, 'code') : undefined;
  return typeof code === 'number' ? code : undefined;
}

/** The text of the package may quote values and addresses; its class and code do not. */
function failureOf(error: unknown, what: string): ChronowError {
  const name = error instanceof Error ? error.name : typeof error;
  const code = codeOf(error);
  const isInput = name === 'RangeError' || name === 'TypeError' || name === 'BSONError';
  if (isInput || code === 15 || code === 10_334) return new ChronowError('PAYLOAD_TOO_LARGE', `chronos-db does not take the ${what}: it is too large or nested too deep`, { details: { reason: name } });
  if (isServerError(error)) return new ChronowError('UNSUPPORTED', `MongoDB refused the ${what} of chronos-db (code ${String(code)})`, { details: { reason: name, code } });
  return new ChronowError('LINK_LOST', `chronos-db did not do the ${what} (${name}); whether it was carried out is unknown`, { retryable: true, details: { reason: name } });
}
