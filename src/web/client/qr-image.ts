import { withQuery } from './address.ts';
import type { SignInState } from './sign-in.ts';

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
export function createQrImage(image: HTMLImageElement, loaded: () => void): QrImage {
  let shown = '';
  let turn = 0;
  let timer: ReturnType<typeof setTimeout> | undefined;

  function put(address: string, mine: number, failed: () => void): void {
    const next = new Image();
    next.onload = () => {
      if (mine !== turn) return;
      image.src = address;
      loaded();
    };
    next.onerror = failed;
    next.src = address;
  }

  function draw(qr: NonNullable<SignInState['qr']>): void {
    turn += 1;
    const mine = turn;
    const failed = (): void => {
      if (mine === turn) timer = setTimeout(() => draw(qr), AGAIN_MS);
    };
    if (qr.bearer === undefined) {
      put(withQuery(qr.url, 'turn', Date.now().toString(36) + mine), mine, failed);
      return;
    }
    fetchSvg(qr.url, qr.bearer, (svg) => {
      if (svg === undefined) failed();
      else put(dataUrl(svg), mine, failed);
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
      turn += 1;
      shown = '';
      clearTimeout(timer);
    },
  };
}
