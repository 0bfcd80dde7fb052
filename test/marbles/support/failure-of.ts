import { marbles, MarblesFailed, type MarbleBody, type MarbleOptions } from 'chronow/marbles';

/** Runs a marble test that must fail, and answers how. */
export function failureOf(body: MarbleBody, options: MarbleOptions = {}): MarblesFailed {
  try {
    marbles(body, options)();
  } catch (error) {
    if (error instanceof MarblesFailed) return error;
    throw error;
  }
  throw new Error('the marble test held, and was to fail');
}

/** The lines of its report, without the blanks around them. */
export function linesOf({ message }: MarblesFailed): readonly string[] {
  return message.split('\n').map((line) => line.trim());
}
