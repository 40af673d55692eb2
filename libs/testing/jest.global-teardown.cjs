/** Stops the Postgres of a test run, whichever worker started it, and removes the run's directory. */
const { readFileSync, rmSync } = require('node:fs');
const { join } = require('node:path');

module.exports = () => removeRun(process.env.GATEWAY_TEST_DIRECTORY);
module.exports.removeRun = removeRun;

async function removeRun(directory) {
  const cluster = join(directory, 'postgres', 'cluster');
  const pid = postmasterOf(cluster);
  // Nobody needs the data again, so it is stopped at once.
  if (pid !== undefined) process.kill(pid, 'SIGQUIT');
  for (let waited = 0; postmasterOf(cluster) !== undefined && waited < 10_000; waited += 10) {
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
  rmSync(directory, { recursive: true, force: true, maxRetries: 5 });
}

/** The server of this very directory; a number alone may belong to another process by now. */
function postmasterOf(cluster) {
  try {
    const pid = Number(readFileSync(join(cluster, 'postmaster.pid'), 'utf8').split('\n')[0]);
    process.kill(pid, 0);
    return process.platform !== 'linux' ||
      readFileSync(`/proc/${pid}/cmdline`, 'utf8').split('\0').includes(cluster)
      ? pid
      : undefined;
  } catch {
    return undefined;
  }
}
