import { execFile } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { promisify } from 'node:util';

/** Where the dashboard's client finds its types. */
export const API_TYPES_FILE = 'apps/dashboard/src/api/schema.ts';

const HEADER = `/** The API's routes as types; made from \`/docs-json\` by \`npm run api-client\`. */\n`;
const GENERATOR = 'node_modules/openapi-typescript/bin/cli.js';
const REFUSALS_FROM = 400;
const OUTPUT_BYTES_MAX = 16 * 1024 * 1024;

interface Document {
  readonly paths: Readonly<Record<string, Readonly<Record<string, Operation>>>>;
}
interface Operation {
  readonly responses: Record<string, unknown>;
}

/** The dashboard reads every refusal by its envelope, so that their types are nothing but bulk. */
function withoutRefusals(text: string): string {
  const document = JSON.parse(text) as Document;
  for (const operation of Object.values(document.paths).flatMap(Object.values<Operation>)) {
    const { responses } = operation;
    for (const status of Object.keys(responses)) {
      if (Number(status) >= REFUSALS_FROM) Reflect.deleteProperty(responses, status);
    }
  }
  return JSON.stringify(document);
}

/** The types of every route, for openapi-fetch, from an OpenAPI document. */
export async function apiTypes(document: string): Promise<string> {
  const directory = await mkdtemp(join(tmpdir(), 'api-client-'));
  try {
    const input = join(directory, 'api.json');
    await writeFile(input, withoutRefusals(document));
    // A process of its own, because it is an ES module, which jest on Node 20 cannot load.
    const { stdout } = await promisify(execFile)(
      process.execPath,
      [resolve(GENERATOR), input, '--alphabetize', '--properties-required-by-default=false'],
      { maxBuffer: OUTPUT_BYTES_MAX },
    );
    return HEADER + stdout;
  } finally {
    await rm(directory, { recursive: true });
  }
}
