import { expect, test } from '@jest/globals';
import { subjectRule } from '../../src/oauth/tokens/subject.ts';

const user = (source: string, subject: string) => ({ source, issuer: 'i', subject });

test('with one source the subject stands as it is, whatever it looks like', () => {
  const subjectOf = subjectRule(['jwt'], undefined);
  expect(subjectOf(user('jwt', 'alice'))).toBe('alice');
  expect(subjectOf(user('jwt', 'jwt:alice'))).toBe('jwt:alice');
});

test('the same subject from two sources is two users', () => {
  const subjectOf = subjectRule(['jwt', 'oidc'], undefined);
  expect([subjectOf(user('jwt', 'alice')), subjectOf(user('oidc', 'alice'))]).toEqual([
    'jwt:alice',
    'oidc:alice',
  ]);
});

test('one source may stand bare', () => {
  const subjectOf = subjectRule(['jwt', 'oidc'], 'oidc');
  expect([subjectOf(user('jwt', 'alice')), subjectOf(user('oidc', 'alice'))]).toEqual(['jwt:alice', 'alice']);
});

test('attack: a bare subject that looks like another source’s user stays another user', () => {
  const subjectOf = subjectRule(['jwt', 'oidc'], 'oidc');
  const names = ['jwt:alice', 'oidc:jwt:alice', 'alice', 'oidc:alice'].map((name) => user('oidc', name));
  const all = [...names, user('jwt', 'alice'), user('jwt', 'oidc:alice')].map(subjectOf);
  expect(new Set(all).size).toBe(all.length);
});
