import type { Texts } from './texts.ts';

export const spanish: Texts = {
  starting: 'Pidiendo un código…',
  pending: 'Escanea para iniciar sesión',
  pendingDetail: 'Apunta al código con la cámara del teléfono y apruébalo allí.',
  scanned: 'Mira el teléfono',
  scannedBy: 'Escaneado por %s. ',
  scannedDetail: 'Comprueba allí los datos y confirma.',
  number: 'Escribe este número en el teléfono:',
  confirmed: 'Has iniciado sesión',
  confirmedDetail: 'Un momento, te llevamos allí…',
  denied: 'Se rechazó el inicio de sesión',
  deniedDetail: 'Se rechazó en el teléfono. Nadie ha iniciado sesión.',
  expired: 'Este código ha caducado',
  expiredDetail: 'Un código solo vale durante un rato.',
  cancelled: 'Se canceló el inicio de sesión',
  cancelledDetail: 'Este código ya no sirve.',
  failed: 'Aquí no se puede iniciar sesión',
  failedDetail: 'La pasarela rechazó la petición: %s',
  originDetail:
    'La pasarela no conoce las páginas de %s. Debe ser el origen de uno de los redirect_uris del cliente.',
  blockedDetail:
    'La Content-Security-Policy de esta página no deja acceder a %s: connect-src debe nombrarlo.',
  offline: 'Reconectando…',
  timeLeft: 'Válido durante %s',
  renew: 'Código nuevo',
  cancel: 'Cancelar',
  here: 'Abrir en este dispositivo',
  qr: 'Código QR para iniciar sesión',
};
