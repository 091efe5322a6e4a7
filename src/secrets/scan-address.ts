const PATH = /^\/s\/([^/?]+)$/;

/** The path of a scan code's approval page. */
export function scanPath(scanCode: string): string {
  return `/s/${scanCode}`;
}

/** What a QR code says. @param issuer the public address without a trailing slash. */
export function scanAddress(issuer: string, scanCode: string): string {
  return issuer + scanPath(scanCode);
}

/** What stands in the place of the scan code in a path; undefined where the path is of another kind. */
export function scanCodeIn(path: string): string | undefined {
  return PATH.exec(path)?.[1];
}
