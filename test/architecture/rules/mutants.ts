import { filesIn, textOf } from '../tree.ts';
import type { Rule } from '../tree.ts';

/** A row of `scripts/mutants.json` or `scripts/attack-mutants.json`. */
interface Mutant {
  readonly name: string;
  readonly file: string;
  readonly from: string;
  readonly to: string;
  readonly tests: readonly string[];
  /** Only the tests whose name has this are to notice. */
  readonly title?: string;
}

const texts: Rule = {
  name: 'each mutant breaks a text that stands exactly once in its file, before tests that exist',
  find(tree) {
    const lists = ['scripts/mutants.json', 'scripts/attack-mutants.json'];
    const mutants = lists.flatMap((path) => JSON.parse(textOf(tree, path) || '[]') as readonly Mutant[]);
    return mutants.flatMap(({ name, file, from, to, tests, title }) => {
      const count = textOf(tree, file).split(from).length - 1;
      return [
        ...(count === 1 ? [] : [`${name}: its text stands ${count} times in ${file}`]),
        ...(from === to ? [`${name}: nothing changes`] : []),
        ...(tests.length === 0 ? [`${name}: nothing may notice`] : []),
        ...tests
          .filter((test) => filesIn(tree, 'test', /\.test\.ts$/).every((path) => path !== test))
          .map((test) => `${name}: there is no ${test}`),
        ...(title === undefined || tests.some((test) => textOf(tree, test).includes(title))
          ? []
          : [`${name}: no test is named ${title}`]),
      ];
    });
  },
  broken: {
    files: {
      'scripts/mutants.json': JSON.stringify([
        { name: 'good', file: 'src/a.ts', from: 'one', to: 'two', tests: ['test/a.test.ts'] },
        { name: 'gone', file: 'src/a.ts', from: 'three', to: 'two', tests: ['test/b.test.ts'] },
        { name: 'twice', file: 'src/a.ts', from: 'four', to: 'four', tests: [] },
        { name: 'moved', file: 'src/b.ts', from: 'one', to: 'two', tests: ['test/a.test.ts'] },
        { name: 'named', file: 'src/a.ts', from: 'one', to: 'two', tests: ['test/a.test.ts'], title: 'five' },
        {
          name: 'misnamed',
          file: 'src/a.ts',
          from: 'one',
          to: 'two',
          tests: ['test/a.test.ts'],
          title: 'six',
        },
      ]),
      'src/a.ts': 'one four four',
      'test/a.test.ts': "test('five times', () => {});",
    },
    finds: [
      'gone: its text stands 0 times in src/a.ts',
      'gone: there is no test/b.test.ts',
      'twice: its text stands 2 times in src/a.ts',
      'twice: nothing changes',
      'twice: nothing may notice',
      'moved: its text stands 0 times in src/b.ts',
      'misnamed: no test is named six',
    ],
  },
};

const switches: Rule = {
  name: 'each switch of the simulation changes a text that stands exactly once in its file',
  find(tree) {
    const all = JSON.parse(textOf(tree, 'scripts/simulate-switches.json') || '[]') as readonly Mutant[];
    return all.flatMap(({ name, file, from, to }) => {
      const count = textOf(tree, file).split(from).length - 1;
      return count === 1 && from !== to ? [] : [`${name}: its text stands ${count} times in ${file}`];
    });
  },
  broken: {
    files: {
      'scripts/simulate-switches.json': JSON.stringify([
        { name: 'good', file: 'src/a.ts', from: 'one', to: 'two' },
        { name: 'gone', file: 'src/a.ts', from: 'three', to: 'two' },
      ]),
      'src/a.ts': 'one four four',
    },
    finds: ['gone: its text stands 0 times in src/a.ts'],
  },
};

export const MUTANT_RULES: readonly Rule[] = [texts, switches];
