import { existsSync, readFileSync } from 'node:fs';
import { createRequire, wrap } from 'node:module';
import { join } from 'node:path';
import { Script } from 'node:vm';

export const bundlePath = (folder: string): string => join(folder, 'bundle.js');
export const codePath = (folder: string): string => join(folder, 'bundle.code');

/** What Node makes of each file, see its "module wrapper". */
type Wrapped = (
  exports: object,
  require: NodeJS.Require,
  module: { exports: object },
  filename: string,
  dirname: string,
) => void;

/**
 * The bundle of an app, which is in ASCII, with the code that V8 made of it when it was built. V8 itself checks that the
 * code is its own and was made under the same flags; if not, it compiles as it does any other file.
 */
export function compiled(folder: string): { readonly script: Script; readonly run: () => void } {
  const filename = bundlePath(folder);
  const cachedData = existsSync(codePath(folder)) ? readFileSync(codePath(folder)) : undefined;
  const script = new Script(wrap(readFileSync(filename, 'latin1')), { filename, cachedData });
  const run = (): void => {
    const module = { exports: {} };
    const main = script.runInThisContext() as Wrapped;
    main.call(module.exports, module.exports, createRequire(filename), module, filename, folder);
  };
  return { script, run };
}
