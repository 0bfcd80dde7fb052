import type { OutgoingMessage } from '../../../port/message.js';
import { field } from './fields.js';

/** A message as flat pairs for XADD. Bytes go as base64: replies are read as text, which would not keep them. */
export function messageFields({ body, key, headers, codec }: OutgoingMessage): string[] {
  const isText = typeof body === 'string';
  const fields: string[] = [field.body, isText ? body : Buffer.from(body).toString('base64')];
  if (key !== undefined) fields.push(field.key, key);
  if (hasAny(headers)) fields.push(field.headers, JSON.stringify(headers));
  if (codec !== undefined) fields.push(field.codec, codec);
  if (!isText) fields.push(field.bytes, '1');
  return fields;
}

function hasAny(headers: object): boolean {
  for (const _name in headers) return true;
  return false;
}
