import type { Socket } from '../network/socket.ts';
import type { ClientMessage, Request } from './protocol.ts';
import { OK } from './reply.ts';
import type { Reply } from './reply.ts';

/** What a command comes to that has to wait: it is answered later, through {@link Session.answer}. */
export const WAITS = Symbol('waits');

/** Carries one command out for a session. */
export type Execute = (session: Session, args: readonly string[]) => Reply | typeof WAITS;

/** One client's connection at a server: its commands one after another, and its transaction. */
export class Session {
  /** Where the stream of writes was when its last command had been carried out. */
  offset = 0;
  readonly #socket: Socket;
  readonly #execute: Execute;
  #commands: (readonly string[])[] = [];
  #transaction: (readonly string[])[] | undefined;
  #replies: Reply[] = [];
  #isWaiting = false;
  #isCarryingOut = false;

  constructor(socket: Socket, execute: Execute) {
    this.#socket = socket;
    this.#execute = execute;
  }

  get isOpen(): boolean {
    return this.#socket.isOpen;
  }

  receive({ commands }: Request): void {
    this.#commands.push(...commands);
    this.#goOn();
  }

  /** Answers the command that waits. */
  answer(reply: Reply): void {
    this.#isWaiting = false;
    this.#replies.push(reply);
    if (!this.#isCarryingOut) this.#goOn();
  }

  publish(channel: string, text: string): void {
    this.#send({ kind: 'published', channel, text });
  }

  close(): void {
    this.#flush();
    this.#socket.close();
  }

  #goOn(): void {
    this.#isCarryingOut = true;
    while (!this.#isWaiting && this.isOpen) {
      const args = this.#commands.shift();
      if (args === undefined) break;
      this.#take(args);
    }
    this.#isCarryingOut = false;
    this.#flush();
  }

  #take(args: readonly string[]): void {
    const name = args[0]?.toUpperCase();
    if (name === 'MULTI') {
      this.#transaction = [];
      this.#replies.push(OK);
    } else if (name === 'EXEC') {
      const commands = this.#transaction ?? [];
      this.#transaction = undefined;
      this.#replies.push(commands.map((command) => this.#atOnce(command)));
    } else if (this.#transaction !== undefined) {
      this.#transaction.push(args);
      this.#replies.push({ status: 'QUEUED' });
    } else {
      const reply = this.#execute(this, args);
      if (reply === WAITS) this.#isWaiting = true;
      else this.#replies.push(reply);
    }
  }

  /** In a transaction nothing waits. */
  #atOnce(args: readonly string[]): Reply {
    const reply = this.#execute(this, args);
    return reply === WAITS ? null : reply;
  }

  #flush(): void {
    if (this.#replies.length === 0) return;
    this.#send({ kind: 'replies', replies: this.#replies });
    this.#replies = [];
  }

  #send(message: ClientMessage): void {
    this.#socket.send(message);
  }
}
