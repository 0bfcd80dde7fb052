import type { OutgoingMessage } from '../../port/message.js';

/** When a message is to become due, or undefined for at once. Both a delay and a time: the later one. */
export function dueTime(message: OutgoingMessage, now: number): number | undefined {
  const byDelay = message.delayMs === undefined ? now : now + message.delayMs;
  const due = message.deliverAt === undefined || message.deliverAt < byDelay ? byDelay : message.deliverAt;
  return due > now ? due : undefined;
}
