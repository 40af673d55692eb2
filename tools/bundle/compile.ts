import { writeFileSync } from 'node:fs';
import { codePath, compiled } from './compiled';

/**
 * Loads a bundle and keeps the code that V8 made of it. Its configuration is none, so that nothing starts: what takes
 * the time is done by then.
 */
function compile(folder: string): void {
  const { script, run } = compiled(folder);
  process.once('exit', () => {
    writeFileSync(codePath(folder), script.createCachedData());
    process.exitCode = 0;
  });
  run();
}

const [folder] = process.argv.slice(2);
if (folder === undefined) throw new Error('which folder?');
compile(folder);
