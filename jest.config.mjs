const project = (displayName, testMatch, more = {}) => ({
  displayName,
  testMatch: testMatch.map(pattern => `<rootDir>/test/${pattern}`),
  testEnvironment: 'node',
  extensionsToTreatAsEsm: ['.ts'],
  transform: {
    '^.+\\.ts$': [
      '@swc/jest',
      {
        jsc: { target: 'es2023', parser: { syntax: 'typescript' } },
        module: { type: 'es6' },
        sourceMaps: 'inline',
      },
    ],
  },
  ...more,
});

export default {
  // Most of these tests wait for processes and mounts rather than compute.
  maxWorkers: 4,
  // An end for what hangs, and no measure of speed: other work may have the processors.
  testTimeout: 60_000,
  projects: [
    project('unit', ['unit/**/*.test.ts', 'contract/**/*.test.ts', 'model/**/*.test.ts', '*.test.ts']),
    // The plugin as a whole over its socket, and what happens when things hang or die at every step.
    project('service', ['api/**/*.test.ts', 'faults/**/*.test.ts']),
    // A hundred thousand generated inputs: a minute or more.
    project('property', ['property/**/*.test.ts']),
    // The real Docker Engine: everything there takes seconds, and one engine serves a whole file.
    project('docker', ['docker/**/*.test.ts'], {
      testEnvironment: '<rootDir>/test/docker/environment.mjs',
      globalSetup: '<rootDir>/test/docker/global-setup.mjs',
      globalTeardown: '<rootDir>/test/docker/global-teardown.mjs',
    }),
  ],
};
