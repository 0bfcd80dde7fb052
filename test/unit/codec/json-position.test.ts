import { describe, expect, it } from 'vitest';
import { jsonErrorAt } from '../../../src/codec/json-position.js';

describe('the place where a text stops being JSON', () => {
  it.each<[string, number]>([
    ['', 0], ['  ', 2], ['{', 1], ['nul', 0], ['[1,]', 3], ['{"a":}', 5], ['{"a" 1}', 5], ['{a:1}', 1], ['{"a":1,}', 7], ['{1:2}', 1], ['01', 1], ['1.', 1], ['1e', 1], ['-', 0], ['.5', 0], ['+1', 0],
    ['"a\nb"', 2], ['"a', 2], ['"a\\', 3], ['"\\x"', 2], ['"\\u12"', 2], ['"\\ud83d\\ude0"', 8], ['{}}', 2], ['[}', 1], ['{]', 1], ['[1 2]', 3], ['[,1]', 1], ['{"a":"b"} x', 10], ['\ufeff1', 0], ['[1]\u00a0', 3], ['"a" "b"', 4], ['truefalse', 4],
  ])('of %j is %i', (text, at) => {
    expect(jsonErrorAt(text)).toBe(at);
    expect(() => { JSON.parse(text); }).toThrow(SyntaxError);
  });

  it.each(['0', ' [ ] ', '{"a":[1,{"b":null}],"":{}}', '"\\ud83d\\ude00\\/"', '-0.5E+10', 'true', '\t\r\n1'])('of %j is nowhere', (text) => {
    expect(jsonErrorAt(text)).toBeUndefined();
    expect(() => { JSON.parse(text); }).not.toThrow();
  });
});
