/** What the element says; `%s` stands for a name, a number or a time. */
export interface Texts {
  readonly starting: string;
  readonly pending: string;
  readonly pendingDetail: string;
  readonly scanned: string;
  readonly scannedBy: string;
  readonly scannedDetail: string;
  readonly number: string;
  readonly confirmed: string;
  readonly confirmedDetail: string;
  readonly denied: string;
  readonly deniedDetail: string;
  readonly expired: string;
  readonly expiredDetail: string;
  readonly cancelled: string;
  readonly cancelledDetail: string;
  readonly failed: string;
  readonly failedDetail: string;
  readonly originDetail: string;
  readonly blockedDetail: string;
  readonly offline: string;
  readonly timeLeft: string;
  readonly renew: string;
  readonly cancel: string;
  readonly here: string;
  readonly qr: string;
}

const ENGLISH: Texts = {
  starting: 'Getting a code …',
  pending: 'Scan to sign in',
  pendingDetail: 'Point your phone’s camera at the code, then approve there.',
  scanned: 'Look at your phone',
  scannedBy: 'Scanned by %s. ',
  scannedDetail: 'Check the details there and confirm.',
  number: 'Enter this number on your phone:',
  confirmed: 'You are signed in',
  confirmedDetail: 'One moment, taking you there …',
  denied: 'Sign-in was denied',
  deniedDetail: 'It was turned down on the phone. Nobody was signed in.',
  expired: 'This code has expired',
  expiredDetail: 'A code only works for a short while.',
  cancelled: 'Sign-in was cancelled',
  cancelledDetail: 'This code no longer works.',
  failed: 'Sign-in is not possible here',
  failedDetail: 'The gateway refused the request: %s',
  originDetail:
    'The gateway does not know pages of %s. It must be the origin of one of the client’s redirect_uris.',
  blockedDetail: 'This page’s Content-Security-Policy keeps it from asking %s: connect-src must name it.',
  offline: 'Reconnecting …',
  timeLeft: 'Valid for %s',
  renew: 'New code',
  cancel: 'Cancel',
  here: 'Open on this device instead',
  qr: 'QR code for signing in',
};

const CHINESE: Texts = {
  starting: '正在获取二维码…',
  pending: '扫码登录',
  pendingDetail: '请用手机扫描二维码，并在手机上确认。',
  scanned: '请查看手机',
  scannedBy: '%s 已扫码。',
  scannedDetail: '请在手机上核对信息并确认登录。',
  number: '请在手机上输入这个数字：',
  confirmed: '登录成功',
  confirmedDetail: '正在跳转，请稍候…',
  denied: '登录已被拒绝',
  deniedDetail: '手机上拒绝了这次登录，没有人登录。',
  expired: '二维码已失效',
  expiredDetail: '二维码只在短时间内有效。',
  cancelled: '登录已取消',
  cancelledDetail: '这个二维码已不能使用。',
  failed: '无法在此登录',
  failedDetail: '网关拒绝了请求：%s',
  originDetail: '网关不认识来自 %s 的页面。它必须是该客户端某个 redirect_uris 的来源。',
  blockedDetail: '本页面的 Content-Security-Policy 不允许访问 %s：请把它加入 connect-src。',
  offline: '正在重新连接…',
  timeLeft: '剩余 %s',
  renew: '换一个二维码',
  cancel: '取消',
  here: '在本机打开',
  qr: '登录二维码',
};

/** The texts for a language tag (RFC 5646): Chinese for `zh…`, else English. */
export function textsFor(language: string): Texts {
  return /^zh\b/i.test(language) ? CHINESE : ENGLISH;
}

/** The tag that a choice of texts is written in, for the `lang` attribute. */
export function tagFor(language: string): 'zh-CN' | 'en' {
  return /^zh\b/i.test(language) ? 'zh-CN' : 'en';
}

/** `1:05` of a time left; a started second counts as whole. */
export function clockText(leftMs: number): string {
  const seconds = Math.ceil(leftMs / 1000);
  const rest = seconds % 60;
  return Math.floor(seconds / 60) + ':' + (rest < 10 ? '0' : '') + rest;
}
