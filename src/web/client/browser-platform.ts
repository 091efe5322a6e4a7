import type { Cancel, HttpRequest, HttpResponse, Platform, StreamEvents, Wake } from './platform.ts';
import type { ResultKey } from './result-key.ts';
import { scriptGateway } from './script-gateway.ts';
import { sha256 } from './sha256.ts';
import { makeResultKey } from './subtle-key.ts';

const LONG_ABSENCE_MS = 10000;

function nowMs(): number {
  return typeof performance === 'object' && performance.now ? performance.now() : Date.now();
}

function after(delayMs: number, run: () => void): Cancel {
  const timer = setTimeout(run, delayMs);
  return () => clearTimeout(timer);
}

function randomBytes(count: number): number[] {
  const source = window.crypto ?? (window as unknown as { msCrypto?: Crypto }).msCrypto;
  if (source?.getRandomValues) {
    return Array.prototype.slice.call(source.getRandomValues(new Uint8Array(count))) as number[];
  }
  // Without a random source the code still only ever reaches this browser; the verifier is a second lock, not the first.
  const seed = [Math.random(), Math.random(), Math.random(), Date.now(), nowMs()].join();
  return sha256(seed.split('').map((char) => char.charCodeAt(0) & 255)).slice(0, count);
}

function request(asked: HttpRequest, done: (response: HttpResponse) => void): Cancel {
  const xhr = new XMLHttpRequest();
  let over = false;
  const finish = (): void => {
    if (over) return;
    over = true;
    stopTimer();
    done({ status: xhr.status, body: xhr.responseText, header: (name) => readHeader(xhr, name) });
  };
  const lost = (): void => {
    if (over) return;
    over = true;
    stopTimer();
    xhr.abort();
    done({ status: 0, body: '', header: () => null });
  };
  const stopTimer = after(asked.timeoutMs, lost);
  xhr.open(asked.method, asked.url, true);
  Object.keys(asked.headers).forEach((name) => xhr.setRequestHeader(name, asked.headers[name] ?? ''));
  xhr.onload = finish;
  xhr.onerror = lost;
  xhr.send(asked.body ?? null);
  return () => {
    if (over) return;
    over = true;
    stopTimer();
    xhr.abort();
  };
}

function readHeader(xhr: XMLHttpRequest, name: string): string | null {
  // Asking for a header that CORS hides makes some browsers complain on the console.
  const all = xhr.getAllResponseHeaders() ?? '';
  return all.toLowerCase().indexOf(name.toLowerCase() + ':') < 0 ? null : xhr.getResponseHeader(name);
}

function stream(url: string, headers: Record<string, string>, events: StreamEvents): Cancel {
  const controller = new AbortController();
  const decoder = new TextDecoder();
  let over = false;
  const end = (): void => {
    if (over) return;
    over = true;
    events.end();
  };
  const options = { headers, credentials: 'omit', cache: 'no-store', signal: controller.signal } as const;
  fetch(url, options).then((response) => {
    if (over) return;
    events.head(response.status, (name) => response.headers.get(name));
    const reader = response.body?.getReader();
    if (!reader || response.status !== 200) {
      end();
      return;
    }
    const read = (): void => {
      reader.read().then((piece) => {
        if (over) return;
        if (piece.done) {
          end();
          return;
        }
        events.text(decoder.decode(piece.value, { stream: true }));
        read();
      }, end);
    };
    read();
  }, end);
  return () => {
    over = true;
    controller.abort();
  };
}

function onWake(run: (wake: Wake) => void): Cancel {
  let hiddenMs = nowMs();
  const visibility = (): void => {
    if (document.hidden) {
      hiddenMs = nowMs();
      run('hidden');
    } else run(nowMs() - hiddenMs > LONG_ABSENCE_MS ? 'returned' : 'visible');
  };
  const online = (): void => run('returned');
  const shown = (event: PageTransitionEvent): void => {
    if (event.persisted) run('returned');
  };
  document.addEventListener('visibilitychange', visibility);
  window.addEventListener('online', online);
  window.addEventListener('pageshow', shown);
  return () => {
    document.removeEventListener('visibilitychange', visibility);
    window.removeEventListener('online', online);
    window.removeEventListener('pageshow', shown);
  };
}

function onBlocked(run: (address: string) => void): Cancel {
  const listen = ({ blockedURI, violatedDirective }: SecurityPolicyViolationEvent): void => {
    if (violatedDirective.indexOf('connect-src') === 0) run(blockedURI);
  };
  document.addEventListener('securitypolicyviolation', listen);
  return () => document.removeEventListener('securitypolicyviolation', listen);
}

/** The platform of the browser that runs this; whatever it lacks is missing there too. */
export function browserPlatform(): Platform {
  const streams =
    typeof fetch === 'function' &&
    typeof AbortController === 'function' &&
    typeof TextDecoder === 'function' &&
    typeof ReadableStream === 'function';
  const subtle = window.crypto?.subtle as SubtleCrypto | undefined;
  return {
    clock: { now: nowMs, after },
    origin: location.protocol + '//' + location.host,
    scriptGateway: scriptGateway(),
    // No script can see Sec-Fetch-Site; no browser had CompressionStream before it.
    keepsCookie: window.top === window && window.isSecureContext && typeof CompressionStream === 'function',
    isHidden: () => document.hidden,
    random: () => Math.random(),
    randomBytes,
    request,
    onWake,
    onBlocked,
    ...(subtle && typeof TextDecoder === 'function'
      ? { makeResultKey: (done: (key: ResultKey | undefined) => void) => makeResultKey(subtle, done) }
      : {}),
    ...(streams ? { stream } : {}),
    ...(typeof WebSocket !== 'undefined'
      ? { openSocket: (url: string, protocol: string) => new WebSocket(url, protocol) }
      : {}),
    ...(typeof EventSource !== 'undefined' ? { openEventSource: (url: string) => new EventSource(url) } : {}),
  };
}
