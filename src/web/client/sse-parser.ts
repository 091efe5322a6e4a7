/** One dispatched event of a stream. */
export interface StreamEvent {
  readonly event: string;
  readonly data: string;
  readonly id: string;
}

/** Called while a stream is read. */
export interface StreamReader {
  event(event: StreamEvent): void;
  retry(retryMs: number): void;
}

/** Takes the text of a stream in any pieces. */
export interface SseParser {
  push(chunk: string): void;
}

/**
 * A parser for `text/event-stream` (WHATWG HTML section 9.2.6). Pieces may be cut anywhere, inside CR LF too. What is
 * unfinished at the end of a stream is dropped, as the standard asks.
 */
export function makeSseParser(reader: StreamReader): SseParser {
  let line = '';
  let first = true;
  let afterReturn = false;
  let data: string[] = [];
  let event = '';
  let id = '';

  function dispatch(): void {
    if (data.length > 0) reader.event({ event: event || 'message', data: data.join('\n'), id });
    data = [];
    event = '';
  }

  function field(name: string, value: string): void {
    if (name === 'data') data.push(value);
    else if (name === 'event') event = value;
    else if (name === 'id' && value.indexOf('\0') < 0) id = value;
    else if (name === 'retry' && /^[0-9]+$/.test(value)) reader.retry(parseInt(value, 10));
  }

  function endLine(): void {
    const whole = line;
    line = '';
    if (whole === '') {
      dispatch();
      return;
    }
    const colon = whole.indexOf(':');
    if (colon === 0) return;
    if (colon < 0) {
      field(whole, '');
      return;
    }
    const value = whole.slice(colon + 1);
    field(whole.slice(0, colon), value.charAt(0) === ' ' ? value.slice(1) : value);
  }

  return {
    push(chunk) {
      for (let i = 0; i < chunk.length; i++) {
        const char = chunk.charAt(i);
        if (first) {
          first = false;
          if (char === '\uFEFF') continue;
        }
        if (char === '\n' && afterReturn) {
          afterReturn = false;
          continue;
        }
        afterReturn = char === '\r';
        if (char === '\n' || char === '\r') endLine();
        else line += char;
      }
    },
  };
}
