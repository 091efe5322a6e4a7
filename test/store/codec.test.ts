import { describe, expect, test } from '@jest/globals';
import { NewerSchema, SCHEMAS, decodeEvent, encodeEvent } from '../../src/store/codec.ts';
import { parseHead } from '../../src/store/redis/format/head.ts';
import { formatEntry, parseEntry, subjectOfEntry } from '../../src/store/redis/format/log-entry.ts';
import { SESSION_EVENTS, TICKET_EVENTS } from './every-event.ts';

const EVENTS = { ...SESSION_EVENTS, ...TICKET_EVENTS };

describe('the codec', () => {
  test.each(Object.values(EVENTS))('$type comes back as it was written', (event) => {
    expect(decodeEvent(encodeEvent(event))).toEqual(event);
  });

  test.each(Object.values(EVENTS))('$type is written under the schema number of this release', (event) => {
    expect(encodeEvent(event).schema).toBe(SCHEMAS[event.type].schema);
  });

  test.each(Object.entries(SCHEMAS))('%s has an upcast from every older schema', (_, row) => {
    expect(row.upcasts).toHaveLength(row.schema - 1);
  });

  test.each(Object.values(EVENTS))('a later schema of $type is refused', (event) => {
    const stored = encodeEvent(event);
    expect(() => decodeEvent({ ...stored, schema: stored.schema + 1 })).toThrow(NewerSchema);
  });

  test.each(['teleported', 'constructor', '__proto__', 'toString', ''])(
    'an unknown type is refused: %j',
    (type) => {
      expect(() => decodeEvent({ type, schema: 1, data: '{}' })).toThrow(NewerSchema);
    },
  );
});

describe('a log entry of Redis', () => {
  const text =
    '["session:Abc-_9",3,"3-987654321",1700000000000,1700000060000,"revoked",1,"2-5",{"a":"],\\"","b":[1]}]';

  test('is read whole, with its data byte for byte', () => {
    expect(parseEntry(text)).toEqual({
      event: {
        subject: 'session:Abc-_9',
        version: 3,
        id: '3-987654321',
        at: 1_700_000_000_000,
        deadline: 1_700_000_060_000,
        type: 'revoked',
        schema: 1,
        data: '{"a":"],\\"","b":[1]}',
      },
      after: '2-5',
    });
    expect(subjectOfEntry(text)).toBe('session:Abc-_9');
    expect(formatEntry(parseEntry(text))).toBe(text);
    expect(JSON.parse(text)).toHaveLength(9);
  });

  test('of a first event follows nothing', () => {
    const first = text.replace('"2-5"', '""');
    expect(parseEntry(first).after).toBeNull();
    expect(formatEntry(parseEntry(first))).toBe(first);
  });

  test.each(['', '[]', '["a",1]', text.slice(1)])('%j is refused', (broken) => {
    expect(() => parseEntry(broken)).toThrow('not a log entry');
  });
});

describe('a head of Redis', () => {
  test('is read whole, deadlines before the stamp included', () => {
    const head = parseHead('ticket:ab', '2 2 0 1 1000 scanned 1-5,0,500;2-6,70,-20 {"x":" 1 2 "}');
    expect(head).toEqual({
      subject: 'ticket:ab',
      version: 2,
      moments: [
        { id: '1-5', at: 1000, deadline: 1500 },
        { id: '2-6', at: 1070, deadline: 1050 },
      ],
      first: 1000,
      status: 'scanned',
      final: false,
      schema: 1,
      blob: '{"x":" 1 2 "}',
    });
  });

  test('of another format is refused', () => {
    expect(() => parseHead('ticket:ab', '2 whatever')).toThrow('not a head');
  });
});
