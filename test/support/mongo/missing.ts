/** Ends the names of suites that are skipped for want of a mongod; the reporter counts them by it. */
export const missingMongo = '(skipped: no mongod)';
