import { createServer } from 'node:http';

/** A peer's server, where `POST /approve` does what its pages lead to: its user says yes to a user code. */
export function servePeer(port, handle, approve) {
  createServer((request, response) => {
    if (request.url === '/') response.end('ok');
    else if (request.url === '/approve') void answer(request, response, approve);
    else handle(request, response);
  }).listen(Number(port), '127.0.0.1');
}

async function answer(request, response, approve) {
  try {
    let text = '';
    for await (const chunk of request) text += chunk;
    await approve(JSON.parse(text).user_code);
    response.end('{}');
  } catch (error) {
    console.error(error);
    response.writeHead(500).end('{}');
  }
}
