/** Ends the names of suites that are skipped for want of a redis-server; the reporter counts them by it. */
export const missingRedis = '(skipped: no redis-server)';
