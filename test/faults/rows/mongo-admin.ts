import { database, memberName } from '../backend/mongo-options.js';
import type { FaultKind } from '../stage/plan.js';

/** A command to the server, and another one that ends what it does. */
export function admin(command: object, undo?: object): FaultKind {
  return { kind: 'command', args: [JSON.stringify(command)], undo: undo === undefined ? undefined : [JSON.stringify(undo)] };
}

/** A command to the hot database. */
export function toDatabase(command: object): FaultKind {
  return { kind: 'command', args: [JSON.stringify(command), database] };
}

const failPoint = 'failCommand';

/** The server does something wrong to the next `times` of these commands, of members alone; without a number to all of them while the fault lasts. */
export function fails(failCommands: readonly string[], how: object, times?: number): FaultKind {
  return admin(failing(failCommands, how, times), { configureFailPoint: failPoint, mode: 'off' });
}

export function failing(failCommands: readonly string[], how: object, times?: number): object {
  return { configureFailPoint: failPoint, mode: times === undefined ? 'alwaysOn' : { times }, data: { failCommands, appName: memberName, ...how } };
}

/** What writes, and what reads. */
export const writes: readonly string[] = ['insert', 'update', 'delete', 'findAndModify'];
export const reads: readonly string[] = ['find', 'aggregate', 'getMore'];
