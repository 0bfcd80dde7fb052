/** In these tests calls wait for their answers, and lines for their next attempt, only shortly: a run is to see many ends of both. */
export const quick = { deadlineMs: 1_000, retryMs: 200 } as const;
