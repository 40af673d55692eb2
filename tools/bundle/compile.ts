import { writeFileSync } from 'node:fs';
import { setFlagsFromString } from 'node:v8';
import { codePath, compiled } from './compiled';

/**
 * Loads a bundle and keeps the code that V8 made of it. Its configuration is none, so that nothing starts: what takes
 * the time is done by then.
 *
 * V8 compiles a function when it is first called, unless told not to be lazy; what a process does first, while messages
 * wait for it, would take a third of its time for that. The flag must be back when the code is kept: V8 takes it only
 * under the flags of the process that loads it.
 */
function compile(folder: string): void {
  setFlagsFromString('--no-lazy');
  const { script, run } = compiled(folder);
  setFlagsFromString('--lazy');
  process.once('exit', () => {
    writeFileSync(codePath(folder), script.createCachedData());
    process.exitCode = 0;
  });
  run();
}

const [folder] = process.argv.slice(2);
if (folder === undefined) throw new Error('which folder?');
compile(folder);
