import { Chronow, configFromEnv, isChronowError, type ChronowConfig } from 'chronow';

/**
 * A client on the backend that the environment names (`CHRONOW_URL` and its kin), embedded where it names none. Every run
 * has a namespace of its own, so that on a server it meets nothing of an earlier one.
 */
export async function connect(example: string): Promise<Chronow> {
  const config = fromEnvironment();
  return Chronow.init({ ...config, namespace: `${example}-${Date.now().toString(36)}`, defaults: { ...config.defaults, hotTtlSeconds: 3_600 } });
}

/** Takes the run's topics away and ends the client; its shared values expire by themselves. */
export async function leave(cw: Chronow): Promise<void> {
  try {
    for (const { ref } of await cw.bus.listTopics()) await cw.bus.deleteTopic(ref.topic);
  } finally {
    await cw.close({ deadlineMs: 5_000 });
  }
}

function fromEnvironment(): ChronowConfig {
  try {
    return configFromEnv();
  } catch (error) {
    if (isChronowError(error, 'CONFIG_NO_BACKEND')) return {};
    throw error;
  }
}
