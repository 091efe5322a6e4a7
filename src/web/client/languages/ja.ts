import type { Texts } from './texts.ts';

export const japanese: Texts = {
  starting: 'コードを取得しています…',
  pending: '読み取ってログイン',
  pendingDetail: 'スマートフォンのカメラでコードを読み取り、そこで承認してください。',
  scanned: 'スマートフォンを見てください',
  scannedBy: '%s さんが読み取りました。',
  scannedDetail: '表示された内容を確かめて承認してください。',
  number: 'この番号をスマートフォンに入力してください：',
  confirmed: 'ログインしました',
  confirmedDetail: '移動します。少しお待ちください…',
  denied: 'ログインは拒否されました',
  deniedDetail: 'スマートフォンで拒否されました。誰もログインしていません。',
  expired: 'このコードは期限切れです',
  expiredDetail: 'コードは短い間だけ使えます。',
  cancelled: 'ログインを取り消しました',
  cancelledDetail: 'このコードはもう使えません。',
  failed: 'ここではログインできません',
  failedDetail: 'ゲートウェイが要求を拒否しました：%s',
  originDetail:
    'ゲートウェイは %s のページを知りません。クライアントの redirect_uris のいずれかのオリジンでなければなりません。',
  blockedDetail:
    'このページの Content-Security-Policy が %s への接続を許していません。connect-src に加えてください。',
  offline: '再接続しています…',
  timeLeft: '残り %s',
  renew: '新しいコード',
  cancel: '取り消す',
  here: 'この端末で開く',
  qr: 'ログイン用の QR コード',
};
