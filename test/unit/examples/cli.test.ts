import { describe, expect, it } from 'vitest';
import { parseCommand } from '../../../examples/earthquakes/cli.js';
import { table } from '../../../examples/earthquakes/terminal.js';

describe('the arguments', () => {
  it('are speed 1 and seed 1 where nothing is said', () => {
    expect(parseCommand([])).toEqual({ action: 'run', settings: { speed: 1, seed: 1 } });
  });

  it('take numbers', () => {
    expect(parseCommand(['--speed', '2.5', '--seed=7'])).toEqual({ action: 'run', settings: { speed: 2.5, seed: 7 } });
  });

  it.each(['--help', '-h'])('answer %s with help', (flag) => {
    expect(parseCommand([flag, '--speed', '0'])).toEqual({ action: 'help' });
  });

  it.each([
    [['--speed', '0'], '--speed must be a number above 0 and up to 1000; got "0"'],
    [['--speed=-1'], '--speed must be a number above 0 and up to 1000; got "-1"'],
    [['--speed', 'fast'], '--speed must be a number above 0 and up to 1000; got "fast"'],
    [['--speed', ''], '--speed must be a number above 0 and up to 1000; got ""'],
    [['--speed', 'Infinity'], '--speed must be a number above 0 and up to 1000; got "Infinity"'],
    [['--seed', '1.5'], '--seed must be a whole number from 0 to 4294967295; got "1.5"'],
    [['--seed=-1'], '--seed must be a whole number from 0 to 4294967295; got "-1"'],
  ])('refuse %j: %s', (args, problem) => {
    expect(parseCommand(args)).toEqual({ action: 'refuse', problem });
  });

  it.each([[['--sped', '2']], [['week.json']], [['--speed']]])('refuse %j', (args) => {
    expect(parseCommand(args).action).toBe('refuse');
  });
});

describe('a table', () => {
  it('sets words left and numbers right, with thousands marked', () => {
    expect(table([['name', 'count'], ['alerts', 1_707], ['quality', 28]])).toEqual([
      'name      count',
      'alerts    1,707',
      'quality      28',
    ]);
  });
});
