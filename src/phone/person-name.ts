import type { User } from '../ticket/events.ts';

/** The longest name that is shown, in UTF-16 units. */
const NAME_MAX = 64;
/** More of a text is not even looked at: a name of thousands of characters is no name. */
const READ_MAX = 4000;
/** Marks on one letter, beyond what Hebrew, Vietnamese or Thai need, climb over the lines above. */
const MARKS = /(\p{M}{4})\p{M}+/gu;

/** Scripts whose letters change their shape at a joiner (RFC 5892, appendix A). */
const JOINED =
  '\\p{scx=Arab}\\p{scx=Syrc}\\p{scx=Mong}\\p{scx=Nkoo}\\p{scx=Deva}\\p{scx=Beng}\\p{scx=Guru}\\p{scx=Gujr}' +
  '\\p{scx=Orya}\\p{scx=Taml}\\p{scx=Telu}\\p{scx=Knda}\\p{scx=Mlym}\\p{scx=Sinh}\\p{scx=Khmr}\\p{scx=Mymr}';
/** A letter of theirs that is seen: what is itself taken away gives a joiner no meaning. */
const SHAPED = `(?!\\p{Default_Ignorable_Code_Point})[${JOINED}]`;
const EMOJI = '[\\p{Extended_Pictographic}\\p{Regional_Indicator}]';

/** Invisible characters that mean something where they stand: what must be before them, they, and what must follow. */
const MEANT = new RegExp(
  [
    `(?<=\\p{Extended_Pictographic}[\\uFE0F\\p{Emoji_Modifier}]?)\\u200D(?=\\p{Extended_Pictographic})`,
    `(?<=${SHAPED})[\\u200C\\u200D](?=${SHAPED})`,
    `(?<=${EMOJI})\\uFE0F`,
    `(?<=[#*0-9])\\uFE0F(?=\\u20E3)`,
    `(?<=\\p{Script=Han})[\\u{E0100}-\\u{E01EF}]`,
    `(?<=\\u{1F3F4})[\\u{E0030}-\\u{E007A}]{1,6}\\u{E007F}`,
  ].join('|'),
  'gu',
);
const BLANK = /[\s\p{Z}\u0085\u2800]+/gu;
const UNSEEN =
  /[\p{Cc}\p{Cf}\p{Cs}\p{Co}\p{Noncharacter_Code_Point}\p{Default_Ignorable_Code_Point}\uFFFC\uFFFD]/u;
const SEEN = /[\p{L}\p{N}\p{P}\p{S}]/u;

/** Words of printable ASCII with single blanks between them: there is nothing to take away, and each character is one. */
const PLAIN = /^[!-~]+(?: [!-~]+)*$/;

const segments = new Intl.Segmenter('und', { granularity: 'grapheme' });

/**
 * A person's name from outside as one line that is safe to show, the same wherever it is shown: NFC, blanks as single
 * spaces, nothing invisible that no script or emoji needs, nothing that turns the direction of what stands beside it, and
 * cut between what a reader sees as characters. Undefined where nothing is left to be seen.
 */
export function personName(text: string): string | undefined {
  if (text.length <= NAME_MAX && PLAIN.test(text)) return text;
  const line = withoutUnseen(text.slice(0, READ_MAX).normalize('NFC').replaceAll(BLANK, ' '));
  // What stood apart may have come together: once more.
  const whole = line.normalize('NFC').replaceAll(BLANK, ' ').replaceAll(MARKS, '$1');
  const name = cut(whole.replace(/^[ \p{M}]+/u, ''));
  return SEEN.test(name) ? name : undefined;
}

/** What stands for a user where someone must be named: the name, else the subject, else a dash. */
export function personShown(user: Pick<User, 'name' | 'subject'>): string {
  return personName(user.name ?? '') ?? personName(user.subject) ?? '–';
}

function withoutUnseen(line: string): string {
  const meant = new Map([...line.matchAll(MEANT)].map((match) => [match.index, match[0]]));
  let kept = '';
  for (let at = 0; at < line.length;) {
    const char = meant.get(at) ?? String.fromCodePoint(line.codePointAt(at) ?? 0);
    if (meant.has(at) || !UNSEEN.test(char)) kept += char;
    at += char.length;
  }
  return kept;
}

function cut(text: string): string {
  let name = '';
  for (const { segment } of segments.segment(text)) {
    if (name.length + segment.length > NAME_MAX) break;
    name += segment;
  }
  return name.trim();
}
