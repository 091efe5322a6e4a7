import { STATUS_CODES } from 'node:http';
import type { Answer } from './answer.ts';
import type { Header } from './security-headers.ts';

/** An answer as it goes out where there is no response to write it, and ends its connection. Its body is JSON. */
export function answerText(answer: Answer, security: readonly Header[]): string {
  const { status, headers, type = 'application/json', body = {} } = answer;
  const text = JSON.stringify(body);
  const lines = [
    `HTTP/1.1 ${status} ${STATUS_CODES[status] ?? ''}`,
    'Connection: close',
    'Cache-Control: no-store',
    ...security.map(([name, value]) => `${name}: ${value}`),
    ...Object.entries(headers ?? {}).map(([name, value]) => `${name}: ${String(value)}`),
    `Content-Type: ${type}`,
    `Content-Length: ${Buffer.byteLength(text)}`,
  ];
  return `${lines.join('\r\n')}\r\n\r\n${text}`;
}
