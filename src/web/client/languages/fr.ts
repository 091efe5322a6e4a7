import type { Texts } from './texts.ts';

export const french: Texts = {
  starting: 'Obtention d’un code…',
  pending: 'Scannez pour vous connecter',
  pendingDetail: 'Visez le code avec l’appareil photo de votre téléphone, puis approuvez-y la connexion.',
  scanned: 'Regardez votre téléphone',
  scannedBy: 'Scanné par %s. ',
  scannedDetail: 'Vérifiez-y les détails et confirmez.',
  number: 'Saisissez ce nombre sur votre téléphone :',
  confirmed: 'Vous êtes connecté',
  confirmedDetail: 'Un instant, nous vous y emmenons…',
  denied: 'La connexion a été refusée',
  deniedDetail: 'Elle a été refusée sur le téléphone. Personne n’a été connecté.',
  expired: 'Ce code a expiré',
  expiredDetail: 'Un code n’est valable qu’un court moment.',
  cancelled: 'La connexion a été annulée',
  cancelledDetail: 'Ce code ne fonctionne plus.',
  failed: 'La connexion n’est pas possible ici',
  failedDetail: 'La passerelle a refusé la demande : %s',
  originDetail:
    'La passerelle ne connaît pas les pages de %s. Ce doit être l’origine de l’un des redirect_uris du client.',
  blockedDetail:
    'La Content-Security-Policy de cette page empêche d’interroger %s : connect-src doit le nommer.',
  offline: 'Reconnexion…',
  timeLeft: 'Valable encore %s',
  renew: 'Nouveau code',
  cancel: 'Annuler',
  here: 'Ouvrir sur cet appareil',
  qr: 'Code QR pour se connecter',
};
