import { isChronowError } from '../../src/errors.js';
import { DeliveryView } from '../../src/subscription/delivery-view.js';
import { Failed, type Acked, type DeadLettered, type Lost, type Retried } from '../../src/subscription/outcome.js';

type Outcome = Acked<unknown, unknown> | Failed<unknown> | Lost<unknown> | Retried<unknown> | DeadLettered<unknown>;

/** What a stream emitted, as a short text: `acked a#1 = x`, `retried a#1 +100`, `dead a#5 MaxDeliveries`. */
export function said(value: unknown): string {
  if (value instanceof DeliveryView) return `got ${String(value.payload)}#${value.deliveryCount}`;
  if (!isOutcome(value)) return String(value);
  const { payload, deliveryCount } = value.delivery;
  return `${word(value)} ${String(payload)}#${deliveryCount}${detail(value)}`;
}

/** A code where there is one, else the error as text. */
export function sayError(error: unknown): string {
  if (isChronowError(error)) return error.code;
  if (error instanceof AggregateError) return `[${error.errors.map(sayError).join(', ')}]`;
  return error instanceof Error ? `${error.name}: ${error.message}` : String(error);
}

function word(outcome: Outcome): string {
  return outcome.kind === 'dead-lettered' ? 'dead' : outcome.kind;
}

function detail(outcome: Outcome): string {
  switch (outcome.kind) {
    case 'acked': return outcome.empty ? '' : ` = ${String(outcome.value)}`;
    case 'failed': return ` ${sayError(outcome.error)}${outcome.spent ? ' spent' : ''}`;
    case 'lost': return ` ${outcome.reason}`;
    case 'retried': return ` +${outcome.delayMs === undefined ? 'policy' : String(outcome.delayMs)}`;
    default: return ` ${outcome.reason}${outcome.stored ? '' : ' dropped'}`;
  }
}

function isOutcome(value: unknown): value is Outcome {
  return value instanceof Failed || (typeof value === 'object' && value !== null && 'kind' in value && 'delivery' in value);
}
