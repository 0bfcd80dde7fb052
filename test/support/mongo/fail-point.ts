import { onTestFinished } from 'vitest';
import type { Document } from 'mongodb';
import type { Member } from './member.js';

/** What a server is to do wrong, in the words of its fail point `failCommand`. */
export interface Failing {
  readonly failCommands: readonly string[];
  readonly errorCode?: number;
  readonly errorLabels?: readonly string[];
  readonly closeConnection?: boolean;
  readonly blockConnection?: boolean;
  readonly blockTimeMS?: number;
  /** Only commands to this `database.collection`. */
  readonly namespace?: string;
  readonly appName?: string;
}

/** The next `times` commands fail (default: all, until the test is over). */
export async function failCommand(member: Member, data: Failing, times?: number): Promise<void> {
  const mode: Document | string = times === undefined ? 'alwaysOn' : { times };
  await member.admin({ configureFailPoint: 'failCommand', mode, data });
  onTestFinished(() => stopFailing(member));
}

export async function stopFailing(member: Member): Promise<void> {
  await member.admin({ configureFailPoint: 'failCommand', mode: 'off' });
}
