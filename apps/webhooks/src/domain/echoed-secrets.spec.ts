import { withoutSecrets } from './echoed-secrets';

const SECRETS = ['Basic dXNlcjpwYXNz', 'bearer-secret-1', 'short'];
const utf8 = (body: string) => ({ body, encoding: 'utf8', isTruncated: false }) as const;

describe('an answer that repeats what came with the request', () => {
  it('is kept without its secrets, however often they stand in it', () => {
    const body = '{"authorization":"Basic dXNlcjpwYXNz","x":["bearer-secret-1","bearer-secret-1"]}';
    expect(withoutSecrets(utf8(body), SECRETS).body).toBe(
      '{"authorization":"***","x":["***","***"]}',
    );
  });

  it('is kept without credentials that stand there without their scheme', () => {
    expect(withoutSecrets(utf8('got dXNlcjpwYXNz'), SECRETS).body).toBe('got ***');
  });

  it('is kept without them when it is no text', () => {
    const bytes = (text: string) => Buffer.concat([Buffer.from([0xff]), Buffer.from(text)]);
    const kept = withoutSecrets(
      { body: bytes('bearer-secret-1!').toString('base64'), encoding: 'base64', isTruncated: true },
      SECRETS,
    );
    expect(kept).toEqual({
      body: bytes('***!').toString('base64'),
      encoding: 'base64',
      isTruncated: true,
    });
  });

  it('is kept without the beginning of a secret through which it was cut', () => {
    const cut = (body: string, encoding: 'utf8' | 'base64' = 'utf8') =>
      withoutSecrets({ body, encoding, isTruncated: true }, SECRETS).body;
    expect(cut('got Basic dXNlcj')).toBe('got ***');
    expect(cut('got dXNlcj')).toBe('got ***');
    expect(cut('bearer-secret-1 bear')).toBe('*** ***');
    expect(cut('got bea')).toBe('got bea');
    const bytes = Buffer.from('\u00ffgot bearer-secret-', 'latin1').toString('base64');
    expect(Buffer.from(cut(bytes, 'base64'), 'base64').toString('latin1')).toBe('\u00ffgot ***');
    expect(withoutSecrets(utf8('got bearer-sec'), SECRETS)).toEqual(utf8('got bearer-sec'));
  });

  it('is otherwise kept as it came, also where a short header value stands in it', () => {
    expect(withoutSecrets(utf8('a short answer'), SECRETS)).toEqual(utf8('a short answer'));
  });
});
