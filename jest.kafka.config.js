/** The suites that need a real Kafka and Redis: the library's own, and the e2e suite over a process for each service. */
const base = require('./jest.config.js');

/** @type {import('jest').Config} */
module.exports = {
  ...base,
  testRegex: '\\.kafka\\.spec\\.ts$',
  testPathIgnorePatterns: ['/node_modules/'],
};
