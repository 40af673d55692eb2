import { loadConfig, runMain } from '@gateway/platform';
import { userInfo } from 'node:os';
import { runOps } from './ops';
import { OPS_VARIABLES } from './ops.config';

runMain('ops', async () => {
  const printed = await runOps(
    process.argv.slice(2),
    loadConfig(OPS_VARIABLES),
    userInfo().username,
  );
  console.log(printed);
});
