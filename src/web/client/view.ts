import { clockText } from './clock-text.ts';
import { makeIcon, type IconName } from './icon.ts';
import { tagFor, textsFor } from './languages/choice.ts';
import type { Texts } from './languages/texts.ts';
import { isPhoneBrowser } from './phone-browser.ts';
import { addPart, makePicture, type Picture } from './picture.ts';
import { makeQrImage } from './qr-image.ts';
import type { SameDevice } from './same-device.ts';
import { isAsking, type SignInState } from './sign-in-state.ts';
import type { SignIn } from './sign-in.ts';
import { detailOf, titleOf } from './state-texts.ts';
import { onSystemTheme, themeAt } from './theme.ts';

const TICK_MS = 500;

/** The picture of a sign-in. */
export interface View {
  show(state: SignInState): void;
  stop(): void;
}

/** What a picture looks like: its language, and `light`, `dark` or what the page is around it. */
export interface Looks {
  readonly language: string;
  readonly theme: string | undefined;
  readonly around: Element;
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

const OVER: readonly SignInState['status'][] = ['expired', 'denied', 'cancelled', 'failed'];

function followTheme(box: HTMLElement, { around, theme }: Looks): void {
  const now = themeAt(around, theme);
  if (box.getAttribute('data-theme') !== now) box.setAttribute('data-theme', now);
}

/** Builds the picture inside `root`. `signIn` is asked for late, since it starts after the picture. */
export function startView(root: Node, looks: Looks, signIn: () => SignIn | undefined): View {
  const { language } = looks;
  const texts = textsFor(language);
  const isPhone = isPhoneBrowser(navigator.userAgent);
  const picture = makePicture(root, tagFor(language), texts, isPhone, {
    here: () => signIn()?.sameDevice()?.leave(),
    renew: () => signIn()?.renew(),
    accept: () => signIn()?.accept(),
    cancel: () => signIn()?.cancel(),
  });
  const { box, image } = picture;
  const qr = makeQrImage(image, () => box.setAttribute('data-drawn', 'true'));
  let current: SignInState = { status: 'starting', online: true };

  function tick(): void {
    followTheme(box, looks);
    const waiting = isWaiting(current);
    picture.timer.hidden = !waiting;
    if (waiting) write(picture.timer, texts.timeLeft.replace('%s', clockText(signIn()?.leftMs() ?? 0)));
  }

  function showCode({ status, qr: source, notice }: SignInState): void {
    if (status === 'starting') {
      qr.stop();
      box.removeAttribute('data-drawn');
    }
    const scanUrl = status === 'pending' ? notice?.scan?.url : undefined;
    if (source && scanUrl) qr.show(source, scanUrl);
    if (scanUrl) leadHere(picture.here, scanUrl, signIn()?.sameDevice());
    picture.here.hidden = !scanUrl;
    image.setAttribute('aria-hidden', String(status !== 'pending'));
  }

  followTheme(box, looks);
  const unfollow = onSystemTheme(() => followTheme(box, looks));
  const ticking = setInterval(tick, TICK_MS);
  return {
    show(state) {
      const changed = state.status !== current.status || isAsking(state) !== isAsking(current);
      current = state;
      box.setAttribute('data-status', isAsking(state) ? 'asking' : state.status);
      box.setAttribute('data-online', String(state.online));
      writeTexts(picture, state, texts, isPhone);
      showCode(state);
      showActions(picture, texts, state, changed);
      if (changed || state.status === 'scanned') drawVeil(picture.veil, state);
      tick();
    },
    stop() {
      clearInterval(ticking);
      unfollow();
      qr.stop();
      if (box.parentNode) box.parentNode.removeChild(box);
    },
  };
}

/** Which buttons there are; the focus goes from one that vanishes to the one that comes. */
function showActions(picture: Picture, texts: Texts, state: SignInState, changed: boolean): void {
  const { renew, accept, cancel } = picture;
  const focused = document.activeElement;
  const over = OVER.indexOf(state.status) >= 0;
  const leaves = changed && over && focused && focused !== document.body && cancel.contains(focused);
  accept.hidden = !isAsking(state);
  write(cancel, isAsking(state) ? texts.notMe : texts.cancel);
  cancel.hidden = !isWaiting(state);
  renew.hidden = !over;
  if (leaves) renew.focus();
}

function isWaiting(state: SignInState): boolean {
  return state.status === 'pending' || state.status === 'scanned' || isAsking(state);
}

function writeTexts(picture: Picture, state: SignInState, texts: Texts, isPhone: boolean): void {
  const phone = isPhone && state.status === 'pending';
  write(picture.title, titleOf(state, texts));
  write(picture.detail, phone ? texts.pendingPhone : detailOf(state, texts));
  write(picture.number, state.status === 'scanned' ? (state.notice?.number ?? '') : '');
  write(picture.offline, state.online ? '' : texts.offline);
}

/** Without a way back to this page, approving goes on in another window, and this one waits. */
function leadHere(here: HTMLAnchorElement, scanUrl: string, sameDevice: SameDevice | undefined): void {
  here.href = sameDevice?.url ?? scanUrl;
  here.target = sameDevice ? '' : '_blank';
}

/** What lies over the code once it is no longer of use: the face of who scanned it, or a sign. */
function drawVeil(veil: HTMLElement, state: SignInState): void {
  const { notice } = state;
  const status = isAsking(state) ? 'scanned' : state.status;
  while (veil.firstChild) veil.removeChild(veil.firstChild);
  const picture = status === 'scanned' ? notice?.scanner?.picture : undefined;
  if (picture && /^https:\/\//.test(picture)) {
    const face = addPart(veil, 'img', 'picture');
    face.alt = '';
    face.referrerPolicy = 'no-referrer';
    face.onerror = () => {
      if (face.parentNode === veil) veil.replaceChild(makeIcon('phone'), face);
    };
    face.src = picture;
    return;
  }
  const icon = ICONS[status];
  if (icon) veil.appendChild(makeIcon(icon));
}
