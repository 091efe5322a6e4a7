import { availableParallelism } from 'node:os';

/** The tests wait more than they compute. More than eight files at a time gain nothing: the slowest file is the bound. */
const maxWorkers = Math.min(3 * availableParallelism(), 8);

export default {
  testEnvironment: 'node',
  testMatch: ['<rootDir>/test/**/*.test.ts'],
  testSequencer: '<rootDir>/test/support/slowest-first.cjs',
  maxWorkers,
  extensionsToTreatAsEsm: ['.ts'],
  transform: {
    '^.+\\.ts$': ['@swc/jest', { jsc: { target: 'es2023', parser: { syntax: 'typescript' } } }],
  },
  // A sample with a package of its own finds the SDK as an app that has installed it.
  moduleNameMapper: { '^scangate/phone$': '<rootDir>/dist/web/phone.mjs' },
  coverageProvider: 'babel',
  coverageReporters: ['text-summary', 'html'],
  collectCoverageFrom: ['src/**/*.ts', '!src/web/**'],
  modulePathIgnorePatterns: ['<rootDir>/dist', '<rootDir>/.cache'],
  testTimeout: 120_000,
};
