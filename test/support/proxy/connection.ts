import type { Socket } from 'node:net';
import type { Board, Verdict } from './board.js';
import type { Frame } from './frames.js';
import { Framer } from './frames.js';
import type { Pace } from './lane.js';
import { Lane } from './lane.js';
import type { ScriptNames } from './requests.js';
import { answers, namesOf, repliesTo } from './requests.js';

export interface Surroundings {
  readonly board: Board;
  readonly pace: Pace;
  readonly scripts: ScriptNames;
  readonly requested: (names: readonly string[]) => void;
}

/** A client's connection and the one to the server that belongs to it. */
export class Connection {
  readonly #client: Socket;
  readonly #server: Socket;
  readonly #around: Surroundings;
  readonly #requests = new Framer();
  readonly #replies = new Framer();
  readonly #toServer: Lane;
  readonly #toClient: Lane;
  /** The names of what was asked, one for each reply that is to come. */
  readonly #asked: (readonly string[])[] = [];
  #mute = false;
  #over = false;

  constructor(client: Socket, server: Socket, around: Surroundings, closed: () => void) {
    this.#client = client;
    this.#server = server;
    this.#around = around;
    this.#toServer = new Lane(server, around.pace);
    this.#toClient = new Lane(client, around.pace);
    client.on('data', (chunk: Buffer) => this.#requests.take(chunk).forEach((frame) => this.#request(frame)));
    server.on('data', (chunk: Buffer) => this.#replies.take(chunk).forEach((frame) => this.#reply(frame)));
    for (const socket of [client, server]) {
      socket.setNoDelay(true);
      socket.on('error', () => undefined);
      socket.on('close', () => {
        this.#end(socket === client ? this.#toServer : this.#toClient);
        closed();
      });
    }
  }

  /** Holds everything back, both ways; nothing is lost. */
  pause(): void {
    this.#client.pause();
    this.#server.pause();
  }

  resume(): void {
    this.#client.resume();
    this.#server.resume();
  }

  /** Both sides see a reset. */
  reset(): void {
    this.#over = true;
    this.#client.resetAndDestroy();
    this.#server.resetAndDestroy();
  }

  #request(frame: Frame): void {
    if (this.#over) return;
    const { board, scripts, requested } = this.#around;
    const names = namesOf(frame, scripts);
    const verdict = board.ofRequest(names, frame);
    if (verdict === 'pass') for (let i = repliesTo(names, frame.count); i > 0; i -= 1) this.#asked.push(names);
    this.#pass(this.#toServer, frame, verdict);
    requested(names);
  }

  #reply(frame: Frame): void {
    if (this.#over) return;
    const { board } = this.#around;
    const [next] = this.#asked;
    const names = next !== undefined && answers(frame, next) ? this.#asked.shift() : undefined;
    // An error answers for all channels.
    if (frame.type === '-') while (names !== undefined && this.#asked[0] === names) this.#asked.shift();
    const verdict = names === undefined ? board.ofUnasked(frame) : board.ofReply(names, frame);
    // For good: with a reply missing, those that follow would be taken for others.
    if (verdict === 'swallow' || board.mutesAll()) this.#mute = true;
    if (!this.#mute) this.#pass(this.#toClient, frame, verdict);
  }

  #pass(lane: Lane, { bytes }: Frame, verdict: Verdict): void {
    if (verdict === 'swallow') return;
    if (verdict === 'pass') lane.send(bytes);
    else {
      if (verdict !== 'drop' && verdict > 0) lane.send(bytes.subarray(0, verdict));
      this.#end(lane);
    }
  }

  /** Nothing more is taken; what was sent arrives, and then both sides close. */
  #end(lane: Lane): void {
    this.#over = true;
    lane.finally(() => {
      this.#client.destroySoon();
      this.#server.destroySoon();
    });
  }
}
