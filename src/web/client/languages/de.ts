import type { Texts } from './texts.ts';

export const german: Texts = {
  starting: 'Code wird geholt …',
  pending: 'Zum Anmelden scannen',
  pendingDetail: 'Richten Sie die Kamera des Telefons auf den Code und bestätigen Sie dort.',
  scanned: 'Schauen Sie auf Ihr Telefon',
  scannedBy: 'Gescannt von %s. ',
  scannedDetail: 'Prüfen Sie dort die Angaben und bestätigen Sie.',
  number: 'Geben Sie diese Zahl auf dem Telefon ein:',
  confirmed: 'Sie sind angemeldet',
  confirmedDetail: 'Einen Moment, es geht gleich weiter …',
  denied: 'Die Anmeldung wurde abgelehnt',
  deniedDetail: 'Sie wurde auf dem Telefon abgelehnt. Niemand wurde angemeldet.',
  expired: 'Dieser Code ist abgelaufen',
  expiredDetail: 'Ein Code gilt nur kurze Zeit.',
  cancelled: 'Die Anmeldung wurde abgebrochen',
  cancelledDetail: 'Dieser Code gilt nicht mehr.',
  failed: 'Hier ist keine Anmeldung möglich',
  failedDetail: 'Das Gateway hat die Anfrage abgelehnt: %s',
  originDetail:
    'Das Gateway kennt keine Seiten von %s. Das muss der Ursprung einer der redirect_uris des Clients sein.',
  blockedDetail:
    'Die Content-Security-Policy dieser Seite lässt keine Anfragen an %s zu: connect-src muss es nennen.',
  offline: 'Verbindung wird wiederhergestellt …',
  timeLeft: 'Gültig noch %s',
  renew: 'Neuer Code',
  cancel: 'Abbrechen',
  here: 'Auf diesem Gerät öffnen',
  qr: 'QR-Code zum Anmelden',
};
