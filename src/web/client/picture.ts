import type { Texts } from './languages/texts.ts';

/** The elements of a sign-in's picture that change. Each has its name as class and as `part`. */
export interface Picture {
  readonly box: HTMLElement;
  readonly image: HTMLElement;
  readonly veil: HTMLElement;
  readonly title: HTMLElement;
  readonly detail: HTMLElement;
  readonly number: HTMLElement;
  readonly offline: HTMLElement;
  readonly timer: HTMLElement;
  readonly renew: HTMLButtonElement;
  readonly here: HTMLAnchorElement;
  readonly accept: HTMLButtonElement;
  readonly cancel: HTMLButtonElement;
}

/** Adds an element to another, by the name that style sheets know it by. */
export function addPart<K extends keyof HTMLElementTagNameMap>(
  parent: Node,
  tag: K,
  name: string,
): HTMLElementTagNameMap[K] {
  const element = document.createElement(tag);
  element.className = 'scangate-' + name;
  element.setAttribute('part', name);
  parent.appendChild(element);
  return element;
}

function addButton(parent: Node, name: string, text: string, press: () => void): HTMLButtonElement {
  const element = addPart(parent, 'button', name);
  element.type = 'button';
  element.textContent = text;
  element.onclick = press;
  return element;
}

function addHere(parent: Node, text: string, press: () => void): HTMLAnchorElement {
  const here = addPart(parent, 'a', 'here');
  here.textContent = text;
  here.rel = 'noopener';
  here.onclick = press;
  return here;
}

/**
 * Builds a picture inside `root`.
 *
 * @param language the tag of the language that `texts` are in.
 * @param isPhone whether going on on this device comes first, before the code.
 */
export function makePicture(
  root: Node,
  language: string,
  texts: Texts,
  isPhone: boolean,
  press: { renew(): void; accept(): void; cancel(): void; here(): void },
): Picture {
  const box = addPart(root, 'div', 'box');
  box.lang = language;
  const first = isPhone ? addHere(addPart(box, 'div', 'first'), texts.hereFirst, press.here) : undefined;
  const frame = addPart(box, 'div', 'frame');
  const image = addPart(frame, 'div', 'qr');
  image.setAttribute('role', 'img');
  image.setAttribute('aria-label', texts.qr);
  const veil = addPart(frame, 'div', 'veil');
  const status = addPart(box, 'div', 'status');
  status.setAttribute('role', 'status');
  status.setAttribute('aria-live', 'polite');
  const title = addPart(status, 'p', 'title');
  const detail = addPart(status, 'p', 'detail');
  const number = addPart(status, 'p', 'number');
  const offline = addPart(status, 'p', 'offline');
  const timer = addPart(box, 'p', 'timer');
  const actions = addPart(box, 'div', 'actions');
  const renew = addButton(actions, 'renew', texts.renew, () => press.renew());
  const here = first ?? addHere(actions, texts.here, press.here);
  const accept = addButton(actions, 'accept', texts.accept, () => press.accept());
  const cancel = addButton(actions, 'cancel', texts.cancel, () => press.cancel());
  return { box, image, veil, title, detail, number, offline, timer, renew, here, accept, cancel };
}
