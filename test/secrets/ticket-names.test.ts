import { randomBytes } from 'node:crypto';
import { expect, test } from '@jest/globals';
import { KeyRing } from '../../src/secrets/key-ring.ts';
import { isTicketName, ticketNames } from '../../src/secrets/ticket-names.ts';

const secret = (): string => randomBytes(32).toString('base64url');
const ticketId = (): string => randomBytes(16).toString('base64url');

test('a name is the same for a ticket each time, tells nothing of its id, and leads back to it', () => {
  const names = ticketNames(new KeyRing([secret()]));
  const [one, other] = [ticketId(), ticketId()];
  const name = names.nameOf(one);
  expect(isTicketName(name)).toBe(true);
  expect(names.nameOf(one)).toBe(name);
  expect(names.nameOf(other)).not.toBe(name);
  expect(name).not.toContain(one);
  expect(names.idsOf(name)).toEqual([one]);
});

test('a rotation makes other names, and the ones before lead back as long as their key is kept', () => {
  const [before, after] = [secret(), secret()];
  const ring = new KeyRing([before]);
  const names = ticketNames(ring);
  const ticket = ticketId();
  const name = names.nameOf(ticket);
  ring.replace([after, before]);
  expect(names.nameOf(ticket)).not.toBe(name);
  expect(names.idsOf(name)).toContain(ticket);
  ring.replace([after]);
  expect(names.idsOf(name)).not.toContain(ticket);
});

test('what is no such name stands for nothing', () => {
  const names = ticketNames(new KeyRing([secret()]));
  for (const text of ['', ticketId(), 't_', `t_${ticketId()}x`]) {
    expect([isTicketName(text), names.idsOf(text)]).toEqual([false, []]);
  }
});
