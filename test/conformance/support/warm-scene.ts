import { inject, onTestFinished } from 'vitest';
import { Chronow, type ChronowConfig, type ChronowEvent } from 'chronow';
import { freshDatabase, mongoUri } from '../../support/mongo/shared.js';
import { startMember, type Member } from '../../support/mongo/member.js';
import { freshNamespace, redisUrl } from '../../support/redis/shared.js';

/** Hot tiers, all with the warm one in MongoDB. */
export const hotTiers: readonly { readonly name: string; readonly config: () => ChronowConfig }[] = [
  { name: 'embedded', config: () => ({ url: 'memory:' }) },
  ...(inject('redis').state === 'there' ? [{ name: 'Redis', config: (): ChronowConfig => ({ redis: { url: redisUrl() } }) }] : []),
  { name: 'MongoDB', config: () => ({ mongoOnly: true, mongo: { uri: mongoUri() } }) },
];

export interface WarmTierScene {
  /** The database of the warm tier. */
  readonly dbName: string;
  readonly cw: Chronow;
  readonly events: ChronowEvent[];
  /** A client of the same hot and warm tier. */
  readonly another: () => Promise<Chronow>;
}

export async function scene(config: ChronowConfig, warm: ChronowConfig['warm'] = {}, uri: string = mongoUri()): Promise<WarmTierScene> {
  const dbName = freshDatabase();
  const events: ChronowEvent[] = [];
  const whole: ChronowConfig = {
    ...config,
    namespace: freshNamespace(),
    warm,
    chronos: { config: { dbConnections: { m: { mongoUri: uri } }, databases: { messaging: { dbConnRef: 'm', dbName } } } },
  };
  const another = async (): Promise<Chronow> => {
    const cw = await Chronow.init(whole);
    onTestFinished(() => cw.close({ deadlineMs: 100 }));
    cw.events$.subscribe((event) => events.push(event));
    return cw;
  };
  return { dbName, cw: await another(), events, another };
}

export async function ownServer(): Promise<Member> {
  const member = await startMember();
  onTestFinished(() => member.stop());
  return member;
}
