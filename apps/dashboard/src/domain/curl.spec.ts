import { execFileSync } from 'node:child_process';
import { keyPlaceholder, sendCurl } from './curl';

const REQUEST = { origin: 'http://127.0.0.1:8080', key: 'pk_...4f2a', to: '+905321234567' };

/** The arguments as a real shell hands them to curl. */
const argumentsOf = (line: string): string[] =>
  JSON.parse(
    execFileSync('sh', ['-c', line.replace(/^curl/, '"$NODE" -e "$PRINT"')], {
      encoding: 'utf8',
      env: {
        NODE: process.execPath,
        PRINT: 'console.log(JSON.stringify(process.argv.slice(1)))',
      },
    }),
  ) as string[];

it('sends a text by the key', () => {
  const [url, , authorization, , type, , body = ''] = argumentsOf(
    sendCurl(REQUEST).replaceAll('-H', '--header').replaceAll('-d ', '--data '),
  );
  expect([url, authorization, type]).toEqual([
    'http://127.0.0.1:8080/v1/wa/message',
    'Authorization: Bearer pk_...4f2a',
    'Content-Type: application/json',
  ]);
  expect(JSON.parse(body)).toEqual({
    messaging_product: 'whatsapp',
    to: '905321234567',
    type: 'text',
    text: { body: 'Hello!' },
  });
});

it('asks for a fake when told to', () => {
  expect(sendCurl({ ...REQUEST, isFake: true })).toContain('/v1/wa/message?is_fake=true');
});

it('repeats a message by its type, an unknown one as a text', () => {
  expect(sendCurl({ ...REQUEST, type: 'location' })).toContain('"type":"location","location":{');
  expect(sendCurl({ ...REQUEST, type: 'constructor' })).toContain('"type":"text"');
});

it('lets nothing out of its quotes', () => {
  const hostile = `x'; touch owned; echo '$(id)`;
  const args = argumentsOf(sendCurl({ ...REQUEST, key: hostile }).replaceAll('-H', '--header'));
  expect(args[2]).toBe(`Authorization: Bearer ${hostile}`);
});

it('names a key by what the lists show of it', () => {
  expect(keyPlaceholder({ prefix: 'pk_', last4: '4f2a' })).toBe('pk_...4f2a');
  expect(keyPlaceholder(undefined)).toBe('YOUR_API_KEY');
});
