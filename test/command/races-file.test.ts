import { settingsForTests } from '../support/store-settings.ts';
import { openFileStore } from '../../src/store/file/open.ts';
import { systemTime } from '../../src/time/system-time.ts';
import { racesContract } from '../contract/races.ts';
import { temporaryFolder } from '../support/folder.ts';

racesContract('file', async () => {
  const folder = await temporaryFolder();
  const { store } = await openFileStore({
    folder: folder.path,
    settings: settingsForTests,
    time: systemTime,
    newId: () => 'races',
  });
  return {
    stores: [store, store],
    close: async () => {
      await store.close();
      await folder.remove();
    },
  };
});
