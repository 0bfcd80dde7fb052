import fc from 'fast-check';
import { BSON } from 'mongodb';
import { describe, expect, it } from 'vitest';
import { MongoDialogue } from '../../support/proxy/mongo-dialogue.js';
import { MongoFramer } from '../../support/proxy/mongo-frames.js';

interface Written {
  readonly id: number;
  readonly responseTo?: number;
  readonly flags?: number;
  /** Before the body stands a list of documents. */
  readonly list?: boolean;
}

function opMsg(body: object, { id, responseTo = 0, flags = 0, list = false }: Written): Buffer {
  const documents = Buffer.concat([Buffer.from('documents\0'), BSON.serialize({ a: 1 })]);
  const before = list ? Buffer.concat([Buffer.from([1]), int(documents.length + 4), documents]) : Buffer.alloc(0);
  const content = Buffer.concat([int(flags), before, Buffer.from([0]), BSON.serialize(body)]);
  return Buffer.concat([int(content.length + 16), int(id), int(responseTo), int(2_013), content]);
}

function opQuery(body: object, id: number): Buffer {
  const content = Buffer.concat([int(0), Buffer.from('admin.$cmd\0'), int(0), int(-1), BSON.serialize(body)]);
  return Buffer.concat([int(content.length + 16), int(id), int(0), int(2_004), content]);
}

function int(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeInt32LE(value);
  return bytes;
}

const command = fc.record({ name: fc.constantFrom('insert', 'find', 'delete'), collection: fc.stringMatching(/^[a-z_]{1,8}$/), list: fc.boolean(), text: fc.string() });

describe('what MongoDB is asked and answers', () => {
  it('falls into the same messages, however it is cut, and is named by command and collection', () => {
    fc.assert(fc.property(fc.array(command, { minLength: 1, maxLength: 5 }), fc.array(fc.nat(), { maxLength: 8 }), (commands, cuts) => {
      const messages = commands.map(({ name, collection, list, text }, id) => opMsg({ [name]: collection, text }, { id, list }));
      const bytes = Buffer.concat(messages);
      const edges = [0, ...cuts.map((cut) => cut % (bytes.length + 1)).sort((a, b) => a - b), bytes.length];
      const dialogue = new MongoDialogue();
      const asked = edges.slice(1).flatMap((end, index) => dialogue.requests(bytes.subarray(edges[index], end)));
      expect(asked.map((one) => one.bytes.toString('hex'))).toEqual(messages.map((one) => one.toString('hex')));
      expect(asked.map(({ names }) => names)).toEqual(commands.map(({ name, collection }) => [name, `${name} ${collection}`]));
    }));
  });

  it('an answer is named as what it answers, whatever the order; what nobody asked for has no name', () => {
    const dialogue = new MongoDialogue(({ u }) => (u === 1 ? ['claim'] : []));
    const [find, claim, last] = dialogue.requests(Buffer.concat([opQuery({ hello: 1 }, 1), opMsg({ update: 'c', u: 1 }, { id: 2 }), opMsg({ getMore: 5, collection: 'c' }, { id: 3 })]));
    for (const asked of [find, claim, last]) asked?.passed();
    const told = dialogue.replies(Buffer.concat([opMsg({ n: 0, ok: 1 }, { id: 9, responseTo: 2 }), opMsg({ cursor: { nextBatch: [{}] } }, { id: 10, responseTo: 3 }), opMsg({ ok: 1 }, { id: 11, responseTo: 1 }), opMsg({ ok: 1 }, { id: 12, responseTo: 11 })]));
    expect(told.map(({ names, empty }) => [names, empty])).toEqual([
      [['update', 'update c', 'claim'], true],
      [['getmore', 'getmore c'], false],
      [['hello'], false],
      [undefined, false],
    ]);
  });

  it('refuses a length that cannot be', () => {
    expect(() => new MongoFramer().take(Buffer.alloc(20))).toThrow('0 bytes');
  });
});
