import { XMLParser } from 'fast-xml-parser';

/** The members of a message of WeChat's that hold a text. */
export type WechatMessage = Readonly<Record<string, string | undefined>>;

const parser = new XMLParser({ ignoreAttributes: true, processEntities: false, parseTagValue: false });

/** Reads a message; one that is no XML has no members. */
export function readMessage(xml: string): WechatMessage {
  try {
    const { xml: message } = parser.parse(xml) as { xml?: Readonly<Record<string, unknown>> };
    const texts = Object.entries(message ?? {}).filter(
      (entry): entry is [string, string] => typeof entry[1] === 'string',
    );
    return Object.fromEntries(texts);
  } catch {
    return {};
  }
}

/** Writes a message; numbers stand as they are, texts as CDATA. */
export function writeMessage(members: Readonly<Record<string, string | number>>): string {
  const written = Object.entries(members).map(([name, value]) => {
    const text = typeof value === 'number' ? String(value) : `<![CDATA[${value.replaceAll(']]>', '')}]]>`;
    return `<${name}>${text}</${name}>`;
  });
  return `<xml>${written.join('')}</xml>`;
}
