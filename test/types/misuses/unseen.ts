import type { Unseen } from './misuse.js';

/** Mistakes that compile, because the types before and after the operator are the same; each has something that tells at run time. */
export const unseen: readonly Unseen[] = [
  {
    mistake: 'the raw filter() before the work',
    code: `payments.subscription('fraud').pipe(filter((delivery) => delivery.payload.amount > 100), ackOnComplete(score))`,
    happens: 'What it drops lapses after one lease, comes back, and ends in the dead letters as `NeverStarted`; a `delivery-leaked` event each time.',
    instead: `payments.subscription('fraud').pipe(filterPayload((payment) => payment.amount > 100), ackOnComplete(score))`,
  },
  {
    mistake: 'a slow raw stage before the work',
    code: `payments.subscription('fraud').pipe(concatMap((delivery) => timer(60_000).pipe(map(() => delivery))), ackOnComplete(score))`,
    happens: 'What waits in it longer than a lease lapses before any work begins: `delivery-leaked`, then `Lost`.',
    instead: `payments.subscription('fraud').pipe(hold(), concatMap((delivery) => timer(60_000).pipe(map(() => delivery))), ackOnComplete(score))`,
  },
  {
    mistake: 'a stage that defers between the work and the operators that settle its failures',
    code: `payments.subscription('fraud').pipe(ackOnComplete(score), delay(10), retryWithBackoff({ initialMs: 500 }))`,
    happens: 'The stored policy has settled the failure by then; the operator emits what really happened, with a `failed-too-late` event.',
    instead: `payments.subscription('fraud').pipe(ackOnComplete(score), retryWithBackoff({ initialMs: 500 }), delay(10))`,
  },
  {
    mistake: 'failures filtered away in front of the operators that settle them',
    code: `payments.subscription('fraud').pipe(ackOnComplete(score), filter((outcome) => outcome.kind === 'acked' || outcome.kind === 'failed' && !outcome.spent), toDeadLetter())`,
    happens: 'The stored policy settles them.',
    instead: `payments.subscription('fraud').pipe(ackOnComplete(score), toDeadLetter(), filter((outcome) => outcome.kind === 'acked'))`,
  },
  {
    mistake: 'two pieces of work behind share()',
    code: `const shared = payments.subscription('fraud').pipe(share()); merge(shared.pipe(ackOnComplete(score)), shared.pipe(ackOnComplete(scoreLater)))`,
    happens: 'A delivery has one owner: the second work does not run, its outcome is `Lost` with reason `taken`.',
    instead: `payments.subscription('fraud').pipe(fanOut([score, scoreLater]))`,
  },
  {
    mistake: 'take() after the work',
    code: `payments.subscription('fraud').pipe(ackOnComplete(score), take(3))`,
    happens: 'Three outcomes are shown, but up to a window of messages may have been acked. Before the work it is exact.',
    instead: `payments.subscription('fraud').pipe(take(3), ackOnComplete(score))`,
  },
  {
    mistake: 'a copied delivery',
    code: `payments.subscription('fraud').pipe(map((delivery) => ({ ...delivery, payload: delivery.payload.amount })), ackOnComplete(() => EMPTY))`,
    happens: 'A copy has no lease behind it and is refused with `OPTION_INVALID`.',
    instead: `payments.subscription('fraud').pipe(mapPayload((payment) => payment.amount), ackOnComplete(() => EMPTY))`,
  },
];
