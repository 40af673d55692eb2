import { readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { brotliCompressSync, constants, gzipSync } from 'node:zlib';
import { defineConfig, type Plugin } from 'vite';

const OUT_DIR = resolve(import.meta.dirname, '../../dist/dashboard');
const COMPRESSED = /\.(js|css|html|svg)$/;
/** Below this a compressed file saves no packet. */
const BYTES_MIN = 1024;

/** Writes a .br and a .gz beside each text file: the edge sends them as they are and compresses nothing itself. */
const precompress = (): Plugin => ({
  name: 'precompress',
  closeBundle: () => {
    for (const name of readdirSync(OUT_DIR, { recursive: true, encoding: 'utf8' })) {
      if (!COMPRESSED.test(name)) continue;
      const path = join(OUT_DIR, name);
      const bytes = readFileSync(path);
      if (bytes.length < BYTES_MIN) continue;
      const params = { [constants.BROTLI_PARAM_QUALITY]: 9 };
      writeFileSync(`${path}.br`, brotliCompressSync(bytes, { params }));
      writeFileSync(`${path}.gz`, gzipSync(bytes, { level: 9 }));
    }
  },
});

export default defineConfig({
  root: import.meta.dirname,
  plugins: [precompress()],
  build: {
    rolldownOptions: {
      // Mantine marks its modules for servers that render; nothing renders on a server here.
      onLog: (level, log, report) => {
        if (log.code !== 'MODULE_LEVEL_DIRECTIVE') report(level, log);
      },
    },
    outDir: OUT_DIR,
    emptyOutDir: true,
    target: 'es2022',
    reportCompressedSize: false,
  },
  server: {
    port: 5173,
    proxy: Object.fromEntries(
      ['/api', '/v1', '/docs', '/docs-json', '/guide'].map((path) => [
        path,
        'http://127.0.0.1:8080',
      ]),
    ),
  },
});
