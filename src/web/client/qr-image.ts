import { withQuery } from './address.ts';
import type { SignInState } from './sign-in-state.ts';
import { makeTurns, type Turn } from './turns.ts';

const ANSWER_MS = 10000;
const AGAIN_MS = 2000;

/** Keeps an image showing the code of now. */
export interface QrImage {
  /** Draws again when the scan address is another one. */
  show(qr: NonNullable<SignInState['qr']>, scanUrl: string): void;
  stop(): void;
}

function dataUrl(svg: string): string {
  return 'data:image/svg+xml,' + encodeURIComponent(svg);
}

function fetchSvg(url: string, bearer: string, done: (svg: string | undefined) => void): void {
  const xhr = new XMLHttpRequest();
  xhr.open('GET', url, true);
  xhr.timeout = ANSWER_MS;
  xhr.setRequestHeader('Authorization', 'Bearer ' + bearer);
  xhr.onloadend = () => done(xhr.status === 200 ? xhr.responseText : undefined);
  xhr.send();
}

/**
 * Draws into an image. With a cookie the browser loads it by itself; with a bearer it is fetched and put in as a data
 * address. The old code stays until the new one is there, so a rotation does not flicker.
 */
export function makeQrImage(image: HTMLImageElement, loaded: () => void): QrImage {
  let shown = '';
  let drawn = 0;
  const turns = makeTurns();
  let timer: ReturnType<typeof setTimeout> | undefined;

  function put(address: string, turn: Turn, failed: () => void): void {
    const next = new Image();
    next.onload = () => {
      turn.run(() => {
        image.src = address;
        loaded();
      });
    };
    next.onerror = failed;
    next.src = address;
  }

  function draw(qr: NonNullable<SignInState['qr']>): void {
    turns.end();
    const turn = turns.now();
    const failed = (): void => {
      turn.run(() => {
        timer = setTimeout(() => draw(qr), AGAIN_MS);
      });
    };
    if (qr.bearer === undefined) {
      drawn += 1;
      put(withQuery(qr.url, 'turn', Date.now().toString(36) + drawn), turn, failed);
      return;
    }
    fetchSvg(qr.url, qr.bearer, (svg) => {
      if (svg === undefined) failed();
      else put(dataUrl(svg), turn, failed);
    });
  }

  return {
    show(qr, scanUrl) {
      if (scanUrl === shown) return;
      shown = scanUrl;
      clearTimeout(timer);
      draw(qr);
    },
    stop() {
      turns.end();
      shown = '';
      clearTimeout(timer);
    },
  };
}
