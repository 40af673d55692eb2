import { appendFileSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setFlagsFromString } from 'node:v8';
import { bundlePath, codePath, compiled } from './compiled';

describe('a bundle', () => {
  let folder: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'bundle-'));
    writeFileSync(
      bundlePath(folder),
      `const { join } = require('node:path');
       require('node:fs').writeFileSync(join(__dirname, 'ran'), [__filename, this === exports].join());`,
    );
  });
  afterEach(() => {
    rmSync(folder, { recursive: true });
  });

  const ran = (): string => readFileSync(join(folder, 'ran'), 'utf8');

  it('runs as a module of its folder does', () => {
    compiled(folder).run();
    expect(ran()).toBe(`${bundlePath(folder)},true`);
  });

  it('is taken from the code that was kept of it', () => {
    const { script, run } = compiled(folder);
    run();
    writeFileSync(codePath(folder), script.createCachedData());
    rmSync(join(folder, 'ran'));
    const again = compiled(folder);
    expect(again.script.cachedDataRejected).toBe(false);
    again.run();
    expect(ran()).toContain(bundlePath(folder));
  });

  it('is taken whatever size of heap the process was given', () => {
    writeFileSync(codePath(folder), compiled(folder).script.createCachedData());
    setFlagsFromString('--max-semi-space-size=32');
    setFlagsFromString('--max-old-space-size=384');
    expect(compiled(folder).script.cachedDataRejected).toBe(false);
  });

  it('is compiled anew when the code is that of another one', () => {
    writeFileSync(codePath(folder), compiled(folder).script.createCachedData());
    appendFileSync(
      bundlePath(folder),
      "require('node:fs').writeFileSync(join(__dirname, 'ran'), 'new');",
    );
    const again = compiled(folder);
    expect(again.script.cachedDataRejected).toBe(true);
    again.run();
    expect(ran()).toBe('new');
  });
});
