/** Names a directory for what one test run shares, and removes what killed runs left behind. */
const { mkdtempSync, readdirSync, chmodSync } = require('node:fs');
const { tmpdir } = require('node:os');
const { join } = require('node:path');
const { removeRun } = require('./jest.global-teardown.cjs');

const PREFIX = 'gateway-test-';

module.exports = async () => {
  for (const name of readdirSync(tmpdir())) {
    if (!name.startsWith(PREFIX)) continue;
    const pid = Number(name.slice(PREFIX.length).split('-')[0]);
    if (!isAlive(pid)) await removeRun(join(tmpdir(), name));
  }
  process.env.GATEWAY_TEST_DIRECTORY = mkdtempSync(join(tmpdir(), `${PREFIX}${process.pid}-`));
  // The server may run as another user than the tests.
  chmodSync(process.env.GATEWAY_TEST_DIRECTORY, 0o755);
};

function isAlive(pid) {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return error.code === 'EPERM';
  }
}
