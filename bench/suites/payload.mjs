/** About 205 bytes as JSON: what every case sends, and every case encodes and decodes. */
export const payload = (id) => ({ id, customer: `customer-${id % 1_000}`, amount: 42.5, currency: 'EUR', lines: [{ sku: 'A-100', count: 2 }, { sku: 'B-200', count: 1 }], note: 'left at the door, please ring twice and wait for it' });
