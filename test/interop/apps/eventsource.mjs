/** Follows a ticket with the eventsource package, and its secret in a header as the README shows. */
import { EventSource } from 'eventsource';

const { EVENTS, SECRET } = process.env;
const source = new EventSource(EVENTS, {
  fetch: (input, init) =>
    fetch(input, { ...init, headers: { ...init.headers, authorization: `Bearer ${SECRET}` } }),
});
source.addEventListener('ticket', ({ data }) => console.log(`heard ${data}`));
source.addEventListener('message', ({ data }) => console.log(`stray ${data}`));
source.addEventListener('error', () => {
  if (source.readyState === EventSource.CLOSED) console.log('closed');
});
