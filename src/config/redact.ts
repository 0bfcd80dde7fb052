// Only these: what stands before the :// of an unknown one may be a part of a password.
const scheme = /^(?:memory:|(?:rediss?(?:\+sentinel|\+cluster)?|mongodb(?:\+srv)?|https?):\/\/)/i;
const hostList = /^(?:(?:[a-z0-9_.-]+|\[[0-9a-f:.]+\])(?::\d{1,5})?)(?:,(?:[a-z0-9_.-]+|\[[0-9a-f:.]+\])(?::\d{1,5})?)*$/i;
const path = /^\/[a-z0-9_-]{0,63}(?:\/\d{0,5})?$/i;
const userName = /^[a-z0-9_.%-]{1,64}$/i;

/**
 * A connection string that may be shown: `redis://user:***@host:6379/0`. Shows only what is surely not a secret, so that a
 * mistyped string (a password with an `@` or `/` of its own, a missing host) shows less, never more.
 */
export function redactUrl(url: string): string {
  const start = scheme.exec(url)?.[0];
  if (start === undefined) return `a text of ${String(url.length)} characters`;
  const at = url.lastIndexOf('@');
  const user = at === -1 ? '' : `${credentials(url.slice(start.length, at))}@`;
  const rest = /^([^/?#]*)([^?#]*)(.*)$/s.exec(at === -1 ? url.slice(start.length) : url.slice(at + 1));
  const [hosts = '', place = '', more = ''] = rest?.slice(1) ?? [];
  if (hosts === '' && place === '' && more === '') return `${start}${user}`;
  if (!hostList.test(hosts)) return `${start}${user}***`;
  return `${start}${user}${hosts}${place === '' ? '' : path.test(place) ? place : '/***'}${more === '' ? '' : `${more.charAt(0)}***`}`;
}

function credentials(text: string): string {
  const colon = text.indexOf(':');
  // Without a colon it may be a password in the wrong place.
  if (colon === -1) return '***';
  const user = text.slice(0, colon);
  return user === '' || userName.test(user) ? `${user}:***` : '***';
}

/** A received value as it may stand in a message about configuration. */
export function redacted(value: unknown, secret: boolean): string {
  if (value === null) return 'null';
  if (Array.isArray(value)) return `a list of ${String(value.length)}`;
  if (typeof value === 'number' || typeof value === 'boolean') return secret ? '***' : String(value);
  if (typeof value !== 'string') return `a value of type ${typeof value}`;
  if (value === '') return 'an empty text';
  if (secret) return scheme.test(value) ? redactUrl(value) : '***';
  // What is no secret by its name may still hold one by mistake.
  if (value.includes('://') || value.includes('@')) return redactUrl(value);
  return value.length > 60 ? `a text of ${String(value.length)} characters` : JSON.stringify(value);
}
