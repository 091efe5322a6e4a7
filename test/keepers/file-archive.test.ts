import { describe } from '@jest/globals';
import { openFileArchive } from '../../src/keepers/file/open-archive.ts';
import type { Archive } from '../../src/record/archive.ts';
import { archiveContract } from '../contract/archive.ts';
import { temporaryFolder } from '../support/folder.ts';

describe('the archive in a folder', () => {
  archiveContract(async (): Promise<Archive> => {
    const folder = await temporaryFolder();
    const archive = await openFileArchive(folder.path);
    return new Proxy(archive, {
      get(target, name) {
        if (name === 'close') return async () => [await archive.close(), await folder.remove()];
        const member: unknown = Reflect.get(target, name);
        return typeof member === 'function' ? member.bind(target) : member;
      },
    });
  });
});
