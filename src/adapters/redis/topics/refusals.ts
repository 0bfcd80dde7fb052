import { ChronowError } from '../../../errors.js';

export { checkOrder, policyConflict, shardCountConflict, subscriptionDeleted, subscriptionNotFound, topicNotFound } from '../../common/refusals.js';

export function formatTooNew(what: string, format: number): ChronowError {
  return new ChronowError('FORMAT_TOO_NEW', `${what} is stored in format ${format}, this release reads format 1; update Chronow in this process. Nothing was changed.`, { details: { what, format, reads: [1] } });
}

export function foreignRecord(what: string): ChronowError {
  return new ChronowError('FOREIGN_VALUE', `what is stored of ${what} is not what Chronow writes: something else wrote to its keys. Choose another keyPrefix, or remove those keys.`, { details: { what } });
}
