import type { SignInState } from './sign-in-state.ts';
import { makeTurns } from './turns.ts';

const SVG = 'http://www.w3.org/2000/svg';
const ANSWER_MS = 10000;
const AGAIN_MS = 2000;

/** Keeps an element showing the code of now. */
export interface QrImage {
  /** Draws again when the scan address is another one. */
  show(qr: NonNullable<SignInState['qr']>, scanUrl: string): void;
  stop(): void;
}

function fetchSvg(url: string, bearer: string | undefined, done: (svg: string) => void): void {
  const xhr = new XMLHttpRequest();
  xhr.open('GET', url, true);
  xhr.timeout = ANSWER_MS;
  if (bearer !== undefined) xhr.setRequestHeader('Authorization', 'Bearer ' + bearer);
  xhr.onloadend = () => done(xhr.status === 200 ? xhr.responseText : '');
  xhr.send();
}

function addShape(svg: Element, name: string, attributes: Readonly<Record<string, string>>): void {
  const shape = document.createElementNS(SVG, name);
  Object.keys(attributes).forEach((key) => shape.setAttribute(key, attributes[key] ?? ''));
  svg.appendChild(shape);
}

/**
 * The gateway's drawing as elements of this page, which no `img-src` forbids and which are no markup from outside: only
 * the size and the path are taken. It has its white ground with it.
 */
function drawing(text: string): Element | undefined {
  const size = /viewBox="0 0 ([0-9]+) [0-9]+"/.exec(text)?.[1];
  const path = / d="([MmHhVvZz0-9 .,-]+)"/.exec(text)?.[1];
  if (size === undefined || path === undefined) return undefined;
  const svg = document.createElementNS(SVG, 'svg');
  svg.setAttribute('viewBox', '0 0 ' + size + ' ' + size);
  svg.setAttribute('shape-rendering', 'crispEdges');
  svg.setAttribute('aria-hidden', 'true');
  svg.setAttribute('focusable', 'false');
  addShape(svg, 'rect', { width: size, height: size, fill: '#ffffff' });
  addShape(svg, 'path', { d: path, fill: '#000000' });
  return svg;
}

/** Draws into an element. The old code stays until the new one is there, so a rotation does not flicker. */
export function makeQrImage(frame: HTMLElement, loaded: () => void): QrImage {
  let shown = '';
  const turns = makeTurns();
  let timer: ReturnType<typeof setTimeout> | undefined;

  function draw(qr: NonNullable<SignInState['qr']>): void {
    turns.end();
    const turn = turns.now();
    fetchSvg(qr.url, qr.bearer, (text) => {
      turn.run(() => {
        const svg = drawing(text);
        if (!svg) {
          timer = setTimeout(() => draw(qr), AGAIN_MS);
          return;
        }
        while (frame.firstChild) frame.removeChild(frame.firstChild);
        frame.appendChild(svg);
        loaded();
      });
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
