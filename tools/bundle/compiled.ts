import { existsSync, readFileSync } from 'node:fs';
import { createRequire, wrap } from 'node:module';
import { join } from 'node:path';
import { setFlagsFromString } from 'node:v8';
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

/** The sizes that a process may be given; V8 has laid out its heap by them long before a program runs. */
export const HEAP_SIZES = ['--max-semi-space-size', '--max-old-space-size'] as const;

/**
 * The bundle of an app, which is in ASCII, with the code that V8 made of it when it was built. V8 itself checks that the
 * code is its own and was made under the same flags; if not, it compiles as it does any other file. It does so with
 * Node's own modules as well, whose code was kept without any flag: so a size that is in effect is no flag any more.
 */
export function compiled(folder: string): { readonly script: Script; readonly run: () => void } {
  for (const size of HEAP_SIZES) setFlagsFromString(`${size}=0`);
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
