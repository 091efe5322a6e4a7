import { connect, createServer } from 'node:net';
import type { Server } from 'node:net';

/** A server that says nothing, and does not keep the process alive. @throws `inUse` where somebody listens there. */
export function listen(path: string, inUse: Error): Promise<Server> {
  return new Promise((resolve, reject) => {
    const server = createServer((socket) => socket.destroy());
    server.once('error', (error: NodeJS.ErrnoException) =>
      reject(error.code === 'EADDRINUSE' ? inUse : error),
    );
    server.listen({ path, exclusive: true }, () => resolve(server.unref()));
  });
}

/** Kept once nothing is listened to any more. */
export function closed(server: Server): Promise<void> {
  return new Promise((resolve) => {
    server.close(() => resolve());
  });
}

/** Whether somebody listens there. */
export function isAnswered(path: string): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(path);
    const done = (answer: boolean): void => {
      socket.destroy();
      resolve(answer);
    };
    socket.once('connect', () => done(true));
    socket.once('error', () => done(false));
  });
}
