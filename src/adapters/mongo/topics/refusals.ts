import { ChronowError } from '../../../errors.js';
import { documentFormat } from '../layout/message-codec.js';

export function formatTooNew(what: string, format: number): ChronowError {
  return new ChronowError('FORMAT_TOO_NEW', `${what} is stored in format ${format}, this release reads format ${documentFormat}; update Chronow in this process. Nothing was changed.`, {
    details: { what, format, reads: [documentFormat] },
  });
}

export function foreignRecord(what: string): ChronowError {
  return new ChronowError('FOREIGN_VALUE', `what is stored of ${what} is not what Chronow writes: something else wrote to its collections. Choose another database, or remove that document.`, { details: { what } });
}
