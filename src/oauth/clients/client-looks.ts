import { z } from 'zod';

/** A client's own colour on the gateway's pages, `#rrggbb`, for light systems and for dark ones; absent: the gateway's. */
export interface ClientColors {
  readonly light?: string | undefined;
  readonly dark?: string | undefined;
}

/** The grounds that texts in a client's colour stand on: those of `page.css`. */
export const GROUNDS = { light: '#ffffff', dark: '#1a202a' } as const;

/** The least contrast of a text (WCAG 2.2, success criterion 1.4.3). */
export const CONTRAST_MIN = 4.5;

const color = (ground: string) =>
  z
    .string()
    .regex(/^#[0-9a-f]{6}$/i, 'is not a colour such as #1f5fd0')
    .superRefine((given, context) => {
      if (!/^#[0-9a-f]{6}$/i.test(given)) return;
      const ratio = contrast(given, ground);
      if (ratio >= CONTRAST_MIN) return;
      const message = `has a contrast of ${ratio.toFixed(1)} with ${ground}, and texts need ${CONTRAST_MIN}`;
      context.addIssue({ code: 'custom', message });
    });

/** `scangate.colors` of a registration. */
export const COLORS = z.strictObject({
  light: color(GROUNDS.light).optional(),
  dark: color(GROUNDS.dark).optional(),
});

/** `logo_uri` of a registration (RFC 7591 §2): the gateway asks for it, so over https, or on this machine. */
export const LOGO_ADDRESS = z
  .url({ protocol: /^https?$/ })
  .max(2000)
  .refine((given) => mayBeAsked(given), 'must be https, or http on this machine');

function mayBeAsked(address: string): boolean {
  const { protocol, hostname } = new URL(address);
  return protocol === 'https:' || /^(localhost|127(\.\d+){3}|\[::1\])$/.test(hostname);
}

/** How strongly two colours differ, 1 to 21 (WCAG 2.2, contrast ratio). */
export function contrast(one: string, other: string): number {
  const [a, b] = [luminance(one), luminance(other)];
  return (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05);
}

function luminance(hex: string): number {
  const [red = 0, green = 0, blue = 0] = [1, 3, 5].map((at) => {
    const part = Number.parseInt(hex.slice(at, at + 2), 16) / 255;
    return part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4;
  });
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
}
