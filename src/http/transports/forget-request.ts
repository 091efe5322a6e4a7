import type { IncomingMessage } from 'node:http';

/**
 * Node keeps a request for as long as its answer lasts. What it said is not needed while a browser waits, and is a tenth
 * of what that costs; a body that nobody asked for is dropped as it comes.
 */
export function forgetRequest(req: IncomingMessage): void {
  req.headers = {};
  req.rawHeaders = [];
  req.resume();
}
