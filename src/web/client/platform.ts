import type { ResultKey } from './result-key.ts';

/** Stops what was begun. Calling it twice is harmless. */
export type Cancel = () => void;

/** Time as the client sees it: it only moves forward, and says nothing of the date. */
export interface Clock {
  /** Milliseconds since some moment that never changes. */
  now(): number;
  /** Runs once after `delayMs`. */
  after(delayMs: number, run: () => void): Cancel;
}

/** One HTTP request whose answer is read whole. */
export interface HttpRequest {
  readonly method: 'GET' | 'POST' | 'DELETE';
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: string;
  readonly timeoutMs: number;
}

/** What came back; `status` 0 means that nothing did. */
export interface HttpResponse {
  readonly status: number;
  readonly body: string;
  header(name: string): string | null;
}

/** What the client uses of a WebSocket. */
export interface SocketLike {
  onopen: ((event: never) => void) | null;
  onmessage: ((event: never) => void) | null;
  onclose: ((event: never) => void) | null;
  send(text: string): void;
  close(): void;
}

/** What the client uses of an EventSource. */
export interface EventSourceLike {
  readonly readyState: number;
  onopen: ((event: never) => void) | null;
  onerror: ((event: never) => void) | null;
  addEventListener(name: string, listener: (event: { readonly data: string }) => void): void;
  close(): void;
}

/** What a streamed answer does while it is open; `end` comes exactly once. */
export interface StreamEvents {
  head(status: number, header: (name: string) => string | null): void;
  text(chunk: string): void;
  end(): void;
}

/**
 * What became of the page: `hidden` when nobody can see it, `visible` after a short absence, `returned` when it slept,
 * was restored or the network came back, so that no open connection can be trusted.
 */
export type Wake = 'hidden' | 'visible' | 'returned';

/** Everything the client asks of the place it runs in. What is missing there is left out. */
export interface Platform {
  readonly clock: Clock;
  /** The page's own origin, such as `https://login.example`. */
  readonly origin: string;
  /** Where the client was loaded from; empty or missing where that is not known. */
  readonly scriptGateway?: string;
  /**
   * Whether the gateway can go by a cookie here. The browser must say with every request of a page that it is the page's own
   * (`Sec-Fetch-Site`); none does on plain http but for localhost. And a frame of another site keeps no cookie of ours.
   */
  readonly keepsCookie: boolean;
  isHidden(): boolean;
  /** From 0 up to 1; for spreading load, not for secrets. */
  random(): number;
  /** Bytes that nobody can guess. */
  randomBytes(count: number): number[];
  /** Makes a key that nobody can read, where the browser has such: over https, and on localhost. */
  readonly makeResultKey?: (done: (key: ResultKey | undefined) => void) => void;
  request(request: HttpRequest, done: (response: HttpResponse) => void): Cancel;
  readonly stream?: (url: string, headers: Record<string, string>, events: StreamEvents) => Cancel;
  readonly openSocket?: (url: string, protocol: string) => SocketLike;
  readonly openEventSource?: (url: string) => EventSourceLike;
  onWake(run: (wake: Wake) => void): Cancel;
  /** Tells the addresses that the page's own policy (`connect-src`) does not let it ask. */
  readonly onBlocked?: (run: (address: string) => void) => Cancel;
}
