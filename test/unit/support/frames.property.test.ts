import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Framer } from '../../support/proxy/frames.js';
import { answers, namesOf, repliesTo } from '../../support/proxy/requests.js';

const text = fc.string({ unit: 'binary', maxLength: 12 });
const line = fc.stringMatching(/^[a-zA-Z0-9 ]{0,8}$/);
const bulk = (value: string): string => `$${Buffer.byteLength(value)}\r\n${value}\r\n`;

const { reply } = fc.letrec<{ reply: string }>((tie) => ({
  reply: fc.oneof(
    { depthSize: 'small', withCrossShrink: true },
    fc.constantFrom('$-1\r\n', '*-1\r\n', '_\r\n', '*0\r\n', '#t\r\n', ',1.5\r\n', '(123456789012345678901\r\n'),
    line.map((value) => `+${value}\r\n`),
    line.map((value) => `-ERR ${value}\r\n`),
    fc.integer().map((value) => `:${value}\r\n`),
    text.map(bulk),
    fc.tuple(fc.constantFrom('*', '~', '>'), fc.array(tie('reply'), { maxLength: 4 })).map(([type, parts]) => `${type}${parts.length}\r\n${parts.join('')}`),
    fc.array(fc.tuple(tie('reply'), tie('reply')), { maxLength: 3 }).map((pairs) => `%${pairs.length}\r\n${pairs.flat().join('')}`),
    fc.tuple(tie('reply'), tie('reply')).map(([name, value]) => `|1\r\n${name}${value}+after\r\n`),
  ),
}));

function framesOf(bytes: Buffer, cuts: readonly number[]): readonly string[] {
  const framer = new Framer();
  const edges = [0, ...cuts.map((cut) => cut % (bytes.length + 1)).sort((a, b) => a - b), bytes.length];
  return edges.slice(1).flatMap((end, i) => framer.take(bytes.subarray(edges[i], end)).map((frame) => frame.bytes.toString('hex')));
}

describe('a stream of RESP', () => {
  it('falls into the same frames, however it is cut', () => {
    fc.assert(
      fc.property(fc.array(reply, { minLength: 1, maxLength: 6 }), fc.array(fc.nat(), { maxLength: 8 }), (replies, cuts) => {
        expect(framesOf(Buffer.from(replies.join('')), cuts)).toEqual(replies.map((one) => Buffer.from(one).toString('hex')));
      }),
    );
  });

  it('names what is asked, whatever its arguments are', () => {
    fc.assert(
      fc.property(fc.array(text, { maxLength: 6 }), (args) => {
        const words = ['XAdd', ...args];
        const [frame] = new Framer().take(Buffer.from(`*${words.length}\r\n${words.map(bulk).join('')}`));
        if (frame === undefined) throw new Error('no frame');
        const names = namesOf(frame, new Map());
        expect(names[0]).toBe('xadd');
        expect(repliesTo(names, frame.count)).toBe(1);
      }),
    );
  });

  it('has a reply for each channel of a subscription, and messages that answer nothing', () => {
    const frame = (bytes: string): Parameters<typeof answers>[0] => {
      const [first] = new Framer().take(Buffer.from(bytes));
      if (first === undefined) throw new Error('no frame');
      return first;
    };
    expect(repliesTo(['subscribe', 'subscribe a'], 3)).toBe(2);
    expect(repliesTo(['unsubscribe', 'unsubscribe '], 1)).toBe(1);
    expect(answers(frame(`*3\r\n${bulk('subscribe')}${bulk('a')}:1\r\n`), ['subscribe'])).toBe(true);
    expect(answers(frame(`*3\r\n${bulk('message')}${bulk('a')}${bulk('b')}`), ['subscribe'])).toBe(false);
    expect(answers(frame(`*3\r\n${bulk('message')}${bulk('a')}${bulk('b')}`), ['ping'])).toBe(false);
    expect(answers(frame(`*3\r\n${bulk('message')}${bulk('a')}${bulk('b')}`), ['lrange'])).toBe(true);
    expect(answers(frame(`>3\r\n${bulk('message')}${bulk('a')}${bulk('b')}`), ['get'])).toBe(false);
    expect(answers(frame(`>3\r\n${bulk('subscribe')}${bulk('a')}:1\r\n`), ['subscribe'])).toBe(true);
  });
});
