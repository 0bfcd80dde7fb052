import { isChronowError } from '../errors.js';
import type { FailureNote } from '../port/lease.js';

const maxCauses = 10;
const maxText = 1_000;

/** An error and its causes as text that can be stored with a dead letter. */
export function failureNote(reason: string, error: unknown, description?: string): FailureNote {
  const errors = errorChain(error);
  return { reason, description: description ?? errors[0], errors };
}

/** Why a body could not be made a payload. */
export function unreadableNote(error: unknown): FailureNote {
  const reason = isChronowError(error, 'SCHEMA_REJECTED') || isChronowError(error, 'SCHEMA_ASYNC') ? 'SchemaRejected' : 'Undecodable';
  return { reason, description: error instanceof Error ? error.message : undefined };
}

/** `Name: message` of an error and its causes, outermost first. */
export function errorChain(error: unknown): readonly string[] {
  const lines: string[] = [];
  const seen = new Set<unknown>();
  const walk = (current: unknown): void => {
    if (current === undefined || current === null || seen.has(current) || lines.length === maxCauses) return;
    seen.add(current);
    lines.push(oneLine(current));
    if (current instanceof AggregateError) current.errors.forEach(walk);
    if (current instanceof Error) walk(current.cause);
  };
  walk(error);
  return lines;
}

function oneLine(error: unknown): string {
  return clip(error instanceof Error ? `${error.name}: ${error.message}` : `${typeof error} thrown: ${printable(error)}`);
}

function printable(value: unknown): string {
  if (typeof value === 'string') return value;
  if (typeof value === 'number' || typeof value === 'boolean' || typeof value === 'bigint') return String(value);
  return Object.prototype.toString.call(value);
}

function clip(text: string): string {
  return text.length > maxText ? `${text.slice(0, maxText)}…` : text;
}
