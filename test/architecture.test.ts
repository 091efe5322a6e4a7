import { describe, expect, test } from '@jest/globals';
import { CODE_RULES } from './architecture/rules/code.ts';
import { DOCUMENT_RULES } from './architecture/rules/documents.ts';
import { IMPORT_RULES } from './architecture/rules/imports.ts';
import { MUTANT_RULES } from './architecture/rules/mutants.ts';
import { SETTING_RULES } from './architecture/rules/settings.ts';
import { SHAPE_RULES } from './architecture/rules/shape.ts';
import { WIRE_RULES } from './architecture/rules/wire.ts';
import { repositoryTree, treeOf } from './architecture/tree.ts';

const RULES = [
  ...IMPORT_RULES,
  ...SHAPE_RULES,
  ...CODE_RULES,
  ...SETTING_RULES,
  ...WIRE_RULES,
  ...DOCUMENT_RULES,
  ...MUTANT_RULES,
];

const repository = repositoryTree();

describe.each(RULES)('$name', ({ find, broken }) => {
  test('here', () => {
    expect(find(repository)).toEqual([]);
  });

  test('and is seen failing where it does not hold', () => {
    expect(broken.finds).not.toEqual([]);
    expect(find(treeOf(broken.files))).toEqual(broken.finds);
  });
});
