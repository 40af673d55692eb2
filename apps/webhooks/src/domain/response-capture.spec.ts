import { ResponseCapture } from './response-capture';

function captured(chunks: readonly Buffer[], isTruncated = false) {
  const capture = new ResponseCapture();
  const wanted = chunks.map((chunk) => capture.add(chunk));
  return { wanted, response: capture.end(isTruncated) };
}

describe('what is kept of an answer', () => {
  it('is text when it is UTF-8, also cut into pieces', () => {
    const bytes = Buffer.from('<script>Olá 👋</script>');
    const { wanted, response } = captured([bytes.subarray(0, 12), bytes.subarray(12)]);
    expect(wanted).toEqual([true, true]);
    expect(response).toEqual({
      body: '<script>Olá 👋</script>',
      encoding: 'utf8',
      isTruncated: false,
    });
  });

  it('21: is 16 KiB at most, cut between characters', () => {
    const euro = Buffer.from('€'.repeat(10_000));
    const { wanted, response } = captured([euro, Buffer.from('x')], true);
    expect(wanted).toEqual([false, false]);
    expect(response).toEqual({ body: '€'.repeat(5_461), encoding: 'utf8', isTruncated: true });
  });

  it('24: is base64 when it is not UTF-8, and has no NUL', () => {
    expect(captured([Buffer.from([0xff, 0x00, 0x41])]).response).toEqual({
      body: '/wBB',
      encoding: 'base64',
      isTruncated: false,
    });
    expect(captured([Buffer.from('a\0b\0')]).response.body).toBe('ab');
    expect(captured([Buffer.from('€').subarray(0, 2)]).response.encoding).toBe('base64');
  });

  it('28: may be nothing', () => {
    expect(captured([]).response).toEqual({ body: '', encoding: 'utf8', isTruncated: false });
  });
});
