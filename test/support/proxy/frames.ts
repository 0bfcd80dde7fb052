/** One whole request or reply as it came, with as much understood as faults need. */
export interface Frame {
  readonly bytes: Buffer;
  /** `+ - : $ * _ # , ( ! = % ~ >`, the first byte. */
  readonly type: string;
  /** The first texts of an array (of a request: the command and its arguments). */
  readonly texts: readonly string[];
  /** How many items an array has. */
  readonly count: number;
  /** Nil, or an empty array. */
  readonly empty: boolean;
}

interface Span extends Omit<Frame, 'bytes'> {
  readonly end: number;
  readonly text: string;
}

// Enough for what faults ask for; payloads need not become texts.
const keptTexts = 3;

/** Cuts a stream of RESP (2 or 3) into frames, however it was cut before. */
export class Framer {
  #rest: Buffer = Buffer.alloc(0);

  take(chunk: Buffer): readonly Frame[] {
    this.#rest = this.#rest.length === 0 ? chunk : Buffer.concat([this.#rest, chunk]);
    const frames: Frame[] = [];
    let from = 0;
    for (;;) {
      const span = spanAt(this.#rest, from);
      if (span === undefined) break;
      const { end, text: _text, ...known } = span;
      frames.push({ bytes: this.#rest.subarray(from, end), ...known });
      from = end;
    }
    this.#rest = this.#rest.subarray(from);
    return frames;
  }
}

/** What begins here, or undefined while it has not all come. */
function spanAt(buffer: Buffer, from: number, wanted = true): Span | undefined {
  const lineEnd = buffer.indexOf('\r\n', from);
  if (lineEnd === -1) return undefined;
  const type = String.fromCharCode(buffer[from] ?? 0);
  const line = buffer.toString('latin1', from + 1, lineEnd);
  const end = lineEnd + 2;
  switch (type) {
    case '$':
    case '=':
    case '!':
      return bulk(buffer, type, Number(line), end, wanted);
    case '*':
    case '~':
    case '>':
      return items(buffer, type, Number(line), end, wanted);
    case '%':
      return items(buffer, type, Number(line) * 2, end, wanted);
    case '|': {
      // An attribute stands before a reply, and belongs to it.
      const attribute = items(buffer, type, Number(line) * 2, end, false);
      return attribute === undefined ? undefined : spanAt(buffer, attribute.end, wanted);
    }
    case '+':
    case '-':
    case ':':
    case '_':
    case '#':
    case ',':
    case '(':
      return { end, type, texts: [], text: line, count: 0, empty: type === '_' };
    default: {
      // A request in one line, as a person types it.
      const texts = buffer.toString('latin1', from, lineEnd).split(' ');
      return { end, type: '', texts, text: '', count: texts.length, empty: false };
    }
  }
}

function bulk(buffer: Buffer, type: string, length: number, from: number, wanted: boolean): Span | undefined {
  const nil = length < 0;
  const end = nil ? from : from + length + 2;
  if (buffer.length < end) return undefined;
  return { end, type, texts: [], text: wanted && !nil ? buffer.toString('utf8', from, end - 2) : '', count: 0, empty: nil };
}

function items(buffer: Buffer, type: string, count: number, from: number, wanted: boolean): Span | undefined {
  const texts: string[] = [];
  let end = from;
  for (let i = 0; i < count; i += 1) {
    const kept = wanted && i < keptTexts;
    const item = spanAt(buffer, end, kept);
    if (item === undefined) return undefined;
    if (kept) texts.push(item.text);
    end = item.end;
  }
  return { end, type, texts, text: '', count: Math.max(count, 0), empty: count <= 0 };
}
