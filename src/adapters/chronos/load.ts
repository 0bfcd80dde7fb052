import { createRequire } from 'node:module';
import { ChronowError } from '../../errors.js';
import type { ChronosInstance } from './chronos.js';
import { chronosConfiguration, type ChronosTarget } from './configuration.js';

/** An instance of the installed chronos-db. Not by import(): compilers and bundlers must not look for what is in no registry. */
export async function loadChronos(target: ChronosTarget, given: object | undefined): Promise<ChronosInstance> {
  const loaded = installed();
  const init = functionOf(loaded, 'initChronos') ?? functionOf(member(loaded, 'default'), 'initChronos');
  if (init === undefined) throw new ChronowError('CONFIG_INVALID', 'the installed chronos-db has no initChronos(); 2.3 or later is needed', { details: { driver: packageName } });
  const instance: unknown = await start(init, chronosConfiguration(target, given));
  if (!isInstance(instance)) throw new ChronowError('CONFIG_INVALID', 'the installed chronos-db has no messaging(); 2.3 or later is needed', { details: { driver: packageName } });
  return instance;
}

const packageName = 'chronos-db';

function installed(): unknown {
  try {
    return createRequire(import.meta.url)(packageName);
  } catch (error) {
    throw notThere(error);
  }
}

/** Its errors may quote the configuration. */
async function start(init: (config: object) => unknown, config: object): Promise<unknown> {
  try {
    return await init(config);
  } catch (error) {
    throw new ChronowError('CONFIG_INVALID', `chronos-db did not start with chronos.config (${error instanceof Error ? error.name : typeof error})`, { details: { driver: packageName } });
  }
}

/** A package that chronos-db itself needs may be what is missing. */
function notThere(error: unknown): ChronowError {
  const missing = error instanceof Error ? /Cannot find (?:package|module) '([^']+)'/.exec(error.message)?.[1] : undefined;
  const what = missing === undefined ? 'chronos-db could not be loaded' : missing === packageName ? 'chronos-db is not installed' : `chronos-db needs ${missing}, which is not installed`;
  return new ChronowError('CONFIG_INVALID', `warm.driver is 'chronos', and ${what}; install it, or leave warm.driver out: the built-in store writes the same documents`, { details: { driver: packageName, missing } });
}

function functionOf(holder: unknown, name: string): ((config: object) => unknown) | undefined {
  const found = member(holder, name);
  return typeof found === 'function' ? (config): unknown => Reflect.apply(found, holder, [config]) : undefined;
}

function member(holder: unknown, name: string): unknown {
  return (typeof holder === 'object' && holder !== null) || typeof holder === 'function' ? Reflect.get(holder, name) : undefined;
}

function isInstance(value: unknown): value is ChronosInstance {
  return typeof member(value, 'messaging') === 'function';
}
