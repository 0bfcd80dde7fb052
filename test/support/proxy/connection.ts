import type { Socket } from 'node:net';
import type { Board, Verdict } from './board.js';
import type { Asked, Dialogue, Told } from './dialogue.js';
import type { Pace } from './lane.js';
import { Lane } from './lane.js';

export interface Surroundings {
  readonly board: Board;
  readonly pace: Pace;
  readonly dialogue: () => Dialogue;
  readonly requested: (names: readonly string[]) => void;
}

/** A client's connection and the one to the server that belongs to it. */
export class Connection {
  readonly #client: Socket;
  readonly #server: Socket;
  readonly #around: Surroundings;
  readonly #dialogue: Dialogue;
  readonly #toServer: Lane;
  readonly #toClient: Lane;
  #mute = false;
  #over = false;

  constructor(client: Socket, server: Socket, around: Surroundings, closed: () => void) {
    this.#client = client;
    this.#server = server;
    this.#around = around;
    this.#dialogue = around.dialogue();
    this.#toServer = new Lane(server, around.pace);
    this.#toClient = new Lane(client, around.pace);
    client.on('data', (chunk: Buffer) => this.#dialogue.requests(chunk).forEach((asked) => this.#request(asked)));
    server.on('data', (chunk: Buffer) => this.#dialogue.replies(chunk).forEach((told) => this.#reply(told)));
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

  #request(asked: Asked): void {
    if (this.#over) return;
    const { board, requested } = this.#around;
    const verdict = board.ofRequest(asked.names, asked.bytes);
    if (verdict === 'pass') asked.passed();
    this.#pass(this.#toServer, asked.bytes, verdict);
    requested(asked.names);
  }

  #reply(told: Told): void {
    if (this.#over) return;
    const { board } = this.#around;
    const verdict = told.names === undefined ? board.ofUnasked(told.bytes) : board.ofReply(told.names, told);
    // For good: with a reply missing, those that follow would be taken for others.
    if (verdict === 'swallow' || board.mutesAll()) this.#mute = true;
    if (!this.#mute) this.#pass(this.#toClient, told.bytes, verdict);
  }

  #pass(lane: Lane, bytes: Buffer, verdict: Verdict): void {
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
