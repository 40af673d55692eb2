import { AppError } from '@gateway/errors';
import { PasswordRoom } from './password-room';

describe('the room for requests that need a password hashed', () => {
  let rests: { call: () => void; afterMs: number }[];
  let room: PasswordRoom;
  beforeEach(() => {
    rests = [];
    room = new PasswordRoom((call, afterMs) => rests.push({ call, afterMs }));
  });

  const refused = (): Promise<never> => Promise.reject(new AppError('RATE_003'));
  const wrong = (): Promise<never> => Promise.reject(new AppError('AUTH_010'));
  /** How many get in now; they stay until `end`. */
  const fill = async (): Promise<{ inside: number; end: () => Promise<void> }> => {
    const ends: (() => void)[] = [];
    const runs = Array.from({ length: 10 }, () =>
      room.run(() => new Promise<void>((resolve) => ends.push(resolve))).catch(() => undefined),
    );
    await Promise.resolve();
    const end = async (): Promise<void> => {
      for (const each of ends) each();
      await Promise.all(runs);
    };
    return { inside: ends.length, end };
  };

  it('is for three at once, and for three more when they have left', async () => {
    const first = await fill();
    expect(first.inside).toBe(3);
    await first.end();
    const second = await fill();
    expect(second.inside).toBe(3);
    await second.end();
  });

  it('tells who finds it full when to come again, and asks nobody', async () => {
    const { end } = await fill();
    const work = jest.fn();
    await expect(room.run(work)).rejects.toMatchObject({
      code: 'RATE_003',
      params: { retry_after: '1s' },
      retryAfterSeconds: 1,
    });
    expect(work).not.toHaveBeenCalled();
    await end();
  });

  it('is left at once by a wrong password', async () => {
    for (let count = 0; count < 10; count += 1) {
      await expect(room.run(wrong)).rejects.toMatchObject({ code: 'AUTH_010' });
    }
    expect(rests).toEqual([]);
  });

  it('keeps the place of whom auth refused for a moment', async () => {
    await expect(room.run(refused)).rejects.toMatchObject({ code: 'RATE_003' });
    const during = await fill();
    expect(during.inside).toBe(2);
    await during.end();
    expect(rests.map(({ afterMs }) => afterMs)).toEqual([100]);
    rests[0]?.call();
    const after = await fill();
    expect(after.inside).toBe(3);
    await after.end();
  });
});
