import { createIcon, type IconName } from './icon.ts';
import { createQrImage } from './qr-image.ts';
import type { SignIn, SignInState } from './sign-in.ts';
import { clockText, textsFor, tagFor, type Texts } from './texts.ts';

const TICK_MS = 500;

/** The picture of a sign-in. */
export interface View {
  show(state: SignInState): void;
  stop(): void;
}

function make<K extends keyof HTMLElementTagNameMap>(
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

function button(parent: Node, name: string, text: string, press: () => void): HTMLButtonElement {
  const element = make(parent, 'button', name);
  element.type = 'button';
  element.textContent = text;
  element.onclick = press;
  return element;
}

/** Writes only what changed: a live region repeats whatever is written. */
function write(element: HTMLElement, text: string): void {
  if (element.textContent !== text) element.textContent = text;
}

const ICONS: Readonly<Partial<Record<SignInState['status'], IconName>>> = {
  scanned: 'phone',
  confirmed: 'check',
  redeemed: 'check',
  denied: 'cross',
  cancelled: 'cross',
  failed: 'cross',
  expired: 'clock',
};

function title(state: SignInState, texts: Texts): string {
  return state.status === 'redeemed' ? texts.confirmed : texts[state.status];
}

function detail(state: SignInState, texts: Texts): string {
  const name = state.notice?.scanner?.name;
  switch (state.status) {
    case 'starting':
      return '';
    case 'scanned':
      if (state.notice?.number) return texts.number;
      return (name ? texts.scannedBy.replace('%s', name) : '') + texts.scannedDetail;
    case 'redeemed':
      return '';
    case 'failed':
      return texts.failedDetail.replace('%s', state.problem?.detail ?? state.problem?.code ?? '');
    case 'pending':
    case 'confirmed':
    case 'denied':
    case 'expired':
    case 'cancelled':
      return texts[`${state.status}Detail`];
  }
}

/** Builds the picture inside `root`. `signIn` is asked for late, since it starts after the picture. */
export function createView(root: Node, language: string, signIn: () => SignIn | undefined): View {
  const texts = textsFor(language);
  const box = make(root, 'div', 'box');
  box.lang = tagFor(language);
  const frame = make(box, 'div', 'frame');
  const image = make(frame, 'img', 'qr');
  image.alt = texts.qr;
  image.width = image.height = 248;
  const veil = make(frame, 'div', 'veil');
  const status = make(box, 'div', 'status');
  status.setAttribute('role', 'status');
  status.setAttribute('aria-live', 'polite');
  const heading = make(status, 'p', 'title');
  const text = make(status, 'p', 'detail');
  const number = make(status, 'p', 'number');
  const offline = make(status, 'p', 'offline');
  const timer = make(box, 'p', 'timer');
  const actions = make(box, 'div', 'actions');
  const renew = button(actions, 'renew', texts.renew, () => signIn()?.renew());
  const here = make(actions, 'a', 'here');
  here.textContent = texts.here;
  here.target = '_blank';
  here.rel = 'noopener';
  const cancel = button(actions, 'cancel', texts.cancel, () => signIn()?.cancel());
  const qr = createQrImage(image, () => box.setAttribute('data-drawn', 'true'));
  let current: SignInState = { status: 'starting', online: true };

  function tick(): void {
    const waiting = current.status === 'pending' || current.status === 'scanned';
    timer.hidden = !waiting;
    if (waiting) write(timer, texts.timeLeft.replace('%s', clockText(signIn()?.leftMs() ?? 0)));
  }

  function drawVeil(): void {
    while (veil.firstChild) veil.removeChild(veil.firstChild);
    const picture = current.status === 'scanned' ? current.notice?.scanner?.picture : undefined;
    if (picture && /^https:\/\//.test(picture)) {
      const face = make(veil, 'img', 'picture');
      face.alt = '';
      face.referrerPolicy = 'no-referrer';
      face.src = picture;
      return;
    }
    const icon = ICONS[current.status];
    if (icon) veil.appendChild(createIcon(icon));
  }

  const ticking = setInterval(tick, TICK_MS);
  return {
    show(state) {
      const changed = state.status !== current.status;
      const focused = document.activeElement;
      current = state;
      box.setAttribute('data-status', state.status);
      box.setAttribute('data-online', String(state.online));
      write(heading, title(state, texts));
      write(text, detail(state, texts));
      write(number, state.status === 'scanned' ? (state.notice?.number ?? '') : '');
      write(offline, state.online ? '' : texts.offline);
      if (state.status === 'starting') {
        qr.stop();
        box.removeAttribute('data-drawn');
      }
      const scanUrl = state.notice?.scan?.url;
      const pending = state.status === 'pending';
      if (pending && state.qr && scanUrl) qr.show(state.qr, scanUrl);
      if (pending && scanUrl) here.href = scanUrl;
      image.setAttribute('aria-hidden', String(!pending));
      here.hidden = !pending || !scanUrl;
      cancel.hidden = !pending && state.status !== 'scanned';
      const over = ['expired', 'denied', 'cancelled', 'failed'].indexOf(state.status) >= 0;
      renew.hidden = !over;
      if (changed || state.status === 'scanned') drawVeil();
      if (changed && over && focused && focused !== document.body && cancel.contains(focused)) renew.focus();
      tick();
    },
    stop() {
      clearInterval(ticking);
      qr.stop();
      if (box.parentNode) box.parentNode.removeChild(box);
    },
  };
}
