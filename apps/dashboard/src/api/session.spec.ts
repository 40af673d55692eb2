import { Session, type AccessToken } from './session';

const token = (accessToken: string): AccessToken => ({ accessToken, expiresIn: 900 });

/** Answers each refresh when told to. */
class Transport {
  readonly waiting: { give(token: AccessToken | null): void; fail(error: Error): void }[] = [];

  refresh(): Promise<AccessToken | null> {
    return new Promise((give, fail) => this.waiting.push({ give, fail }));
  }
}

describe('the session of a tab', () => {
  let transport: Transport;
  let session: Session;
  beforeEach(() => {
    transport = new Transport();
    session = new Session(transport);
  });

  it('begins by the cookie, with one refresh for all calls', async () => {
    const calls = Promise.all([
      session.accessToken(),
      session.accessToken(),
      session.refresh(null),
    ]);
    expect(transport.waiting).toHaveLength(1);
    transport.waiting[0]?.give(token('first'));
    expect(await calls).toEqual(['first', 'first', 'first']);
    expect(session.state).toBe('signed-in');
    expect(await session.accessToken()).toBe('first');
    expect(transport.waiting).toHaveLength(1);
  });

  it('gives a call that was late with the old token the new one, without another refresh', async () => {
    session.begin(token('old'));
    const early = session.refresh('old');
    transport.waiting[0]?.give(token('new'));
    expect(await early).toBe('new');
    expect(await session.refresh('old')).toBe('new');
    expect(transport.waiting).toHaveLength(1);
  });

  it('is over when the family of tokens is dead, and asks no more', async () => {
    const states: string[] = [];
    session.subscribe(() => states.push(session.state));
    session.begin(token('old'));
    const call = session.refresh('old');
    transport.waiting[0]?.give(null);
    expect(await call).toBeNull();
    expect(await session.accessToken()).toBeNull();
    expect(states).toEqual(['signed-in', 'signed-out']);
    expect(transport.waiting).toHaveLength(1);
  });

  it('outlives a gateway that cannot be reached', async () => {
    session.begin(token('old'));
    const call = session.refresh('old');
    transport.waiting[0]?.fail(new Error('no connection'));
    await expect(call).rejects.toThrow('no connection');
    expect(session.state).toBe('signed-in');
    const again = session.refresh('old');
    transport.waiting[1]?.give(token('new'));
    expect(await again).toBe('new');
  });

  it('stays signed out when a refresh returns after the sign-out', async () => {
    session.begin(token('old'));
    const call = session.refresh('old');
    session.end();
    transport.waiting[0]?.give(token('new'));
    expect(await call).toBeNull();
    expect(session.state).toBe('signed-out');
  });
});
