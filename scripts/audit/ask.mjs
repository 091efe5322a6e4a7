import { request as requestPlain } from 'node:http';
import { request as requestTls } from 'node:https';

/**
 * @typedef {{ method?: string, headers?: Record<string, string>, json?: unknown, form?: Record<string, string>, body?: string }} Asked
 * @typedef {{ status: number, headers: import('node:http').IncomingHttpHeaders, text: string, body: any }} Answer
 */

const ANSWER_MS = 10_000;

/**
 * One request with these headers and no others, on a connection of its own; the answer as far as it comes at once.
 *
 * @param {string | URL} url @param {Asked} [asked] @returns {Promise<Answer>}
 */
export function ask(url, { method, headers = {}, json, form, body } = {}) {
  const text =
    json === undefined
      ? form === undefined
        ? body
        : String(new URLSearchParams(form))
      : JSON.stringify(json);
  const type = form === undefined ? 'application/json' : 'application/x-www-form-urlencoded';
  const send = String(url).startsWith('https:') ? requestTls : requestPlain;
  return new Promise((resolve, reject) => {
    const request = send(url, {
      agent: false,
      method: method ?? (text === undefined ? 'GET' : 'POST'),
      headers: {
        ...(text === undefined ? {} : { 'content-type': type, 'content-length': Buffer.byteLength(text) }),
        ...headers,
      },
    });
    const late = setTimeout(() => request.destroy(new Error('no answer')), ANSWER_MS);
    request.on('error', (error) => {
      clearTimeout(late);
      reject(error);
    });
    request.on('response', (response) => {
      const answer = { status: response.statusCode ?? 0, headers: response.headers };
      let said = '';
      const end = () => {
        clearTimeout(late);
        resolve({ ...answer, text: said, body: parsed(said) });
      };
      response.setEncoding('utf8');
      response.on('data', (data) => {
        said += data;
        if (/event-stream/.test(response.headers['content-type'] ?? '')) {
          end();
          request.destroy();
        }
      });
      response.on('end', end);
      response.on('error', end);
    });
    request.end(text);
  });
}

/** @param {string} text */
function parsed(text) {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
