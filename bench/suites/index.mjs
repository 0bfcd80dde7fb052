/** Loaded when asked for: a suite's peers need not be installed for another one. */
export const suites = {
  embedded: async () => ({ messages: 300_000, ...(await import('./embedded.mjs')) }),
  redis: async () => ({ messages: 60_000, ...(await import('./redis/index.mjs')) }),
  mongo: async () => ({ messages: 20_000, ...(await import('./mongo/index.mjs')) }),
};
