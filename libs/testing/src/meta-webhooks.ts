import { readFileSync } from 'node:fs';
import { join } from 'node:path';

const FOLDER = join(__dirname, '../meta-webhooks');

/** A webhook as Meta documents it, or as it was seen from Meta. */
interface MetaWebhook {
  readonly name: string;
  readonly body: Readonly<Record<string, unknown>>;
}

/** The 16 examples of Meta's OpenAPI file and the 74 payloads of pywa's tests; licences lie beside the files. */
export const metaWebhooks = (): MetaWebhook[] =>
  ['meta-openapi.json', 'pywa.json'].flatMap((file) =>
    Object.entries(
      JSON.parse(readFileSync(join(FOLDER, file), 'utf8')) as Record<string, MetaWebhook['body']>,
    ).map(([name, body]) => ({ name, body })),
  );

/** JSON as Meta writes it: ASCII, lower-case escapes, every slash behind a backslash. */
export const asMetaWrites = (value: unknown): Buffer =>
  Buffer.from(
    JSON.stringify(value)
      .replaceAll('/', '\\/')
      .replace(/[^\x20-\x7e]/g, (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`),
  );
