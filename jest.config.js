/** Nest 12 is ESM only; on Node 20 jest cannot require() it, so swc turns it into CommonJS too. */
const swc = {
  jsc: {
    target: 'es2022',
    parser: { syntax: 'typescript', decorators: true },
    transform: { legacyDecorator: true, decoratorMetadata: true },
  },
  module: { type: 'commonjs' },
  sourceMaps: 'inline',
};

/** @type {import('jest').Config} */
module.exports = {
  testEnvironment: 'node',
  roots: ['<rootDir>/apps', '<rootDir>/libs', '<rootDir>/tools'],
  testRegex: '\\.spec\\.ts$',
  testPathIgnorePatterns: ['/node_modules/', '\\.kafka\\.spec\\.ts$'],
  transform: { '\\.[jt]s$': ['@swc/jest', swc] },
  transformIgnorePatterns: ['/node_modules/(?!@nestjs/|content-disposition/|jose/|cookie/)'],
  moduleNameMapper: { '^@gateway/(.*)$': '<rootDir>/libs/$1/src' },
  testTimeout: 60_000,
  globalSetup: '<rootDir>/libs/testing/jest.global-setup.cjs',
  globalTeardown: '<rootDir>/libs/testing/jest.global-teardown.cjs',
};
