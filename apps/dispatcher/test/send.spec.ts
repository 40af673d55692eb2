import { testDatabase, type TestDatabase, until } from '@gateway/testing';
import { DISPATCHER_DATABASE } from '../src/dispatcher.database';
import { DispatcherProcess, anApp, aJourney } from './dispatcher-process';
import { FakeMeta, answer, metaError, type CallHandler } from './fake-meta';

const app = anApp();
let database: TestDatabase;
let meta: FakeMeta;
let dispatcher: DispatcherProcess;

beforeAll(async () => {
  database = await testDatabase(DISPATCHER_DATABASE);
  meta = await FakeMeta.start();
  dispatcher = await DispatcherProcess.start({
    databaseUrl: database.url,
    metaUrl: meta.url,
    apps: [app],
    environment: { DISPATCHER_NUMBER_RATE_PER_SECOND: '10000', META_TIMEOUT_MS: '2000' },
  });
});

afterAll(async () => {
  await dispatcher.close();
  await meta.close();
  await database.close();
});

beforeEach(() => {
  meta.handler = (_call, accept) => {
    accept();
  };
});

const stateOf = async (messageId: string): Promise<string | undefined> => {
  const rows = await database.dataSource.query<{ state: string }[]>(
    'select state from messages where id = $1',
    [messageId],
  );
  return rows[0]?.state;
};

describe('a funded message', () => {
  it("is sent once to the app's number with its token, and Meta's answer comes back as it is", async () => {
    const id = await dispatcher.send(app);
    const reply = await dispatcher.answer(id);
    const [call, ...more] = meta.calls;
    expect(more).toEqual([]);
    expect(call).toMatchObject({ path: `/v26.0/${app.phoneNumberId}/messages` });
    expect(call?.headers).toMatchObject({
      authorization: 'Bearer EAAtoken',
      'content-type': 'application/json',
    });
    const callbackData = (JSON.parse(call?.body ?? '') as Record<string, string>)
      .biz_opaque_callback_data;
    expect(callbackData).toBe(
      `g1:${Buffer.from(id.replaceAll('-', ''), 'hex').toString('base64url')}:`,
    );
    expect(reply).toMatchObject({ kind: 'accepted', messageId: id, isReplayed: false });
    expect(reply.rateState).toEqual({
      secLimit: 80,
      secRemaining: 79,
      minLimit: 4800,
      minRemaining: 4799,
    });
    expect(JSON.parse(String(reply.kind === 'accepted' && reply.data))).toMatchObject({
      contacts: [{ wa_id: '905321234567' }],
      messages: [{ id: expect.stringMatching(/^wamid\./) as string }],
    });
    expect(await dispatcher.settlement(id)).toMatchObject({ outcome: 'accepted', billable: true });
    expect(await stateOf(id)).toBe('accepted');
  });

  it('has its row committed before Meta hears of it, and its outcome before the caller does', async () => {
    let stateAtCall: Promise<string | undefined> | undefined;
    const journey = aJourney(app, Date.now());
    meta.handler = (_call, accept) => {
      stateAtCall = stateOf(journey.messageId);
      void stateAtCall.then(accept);
    };
    await dispatcher.produce(journey);
    await dispatcher.answer(journey.messageId);
    expect(await stateAtCall).toBe('sending');
    expect(await stateOf(journey.messageId)).toBe('accepted');
  });

  it('goes to the Marketing Messages endpoint with mmlite', async () => {
    const id = await dispatcher.send(app, { isMmlite: true, type: 'template' });
    await dispatcher.answer(id);
    expect(meta.calls.at(-1)?.path).toBe(`/v26.0/${app.phoneNumberId}/marketing_messages`);
  });

  it('that is a fake is answered without a call and without charge', async () => {
    const before = meta.calls.length;
    const ids = await Promise.all(
      Array.from({ length: 50 }, () => dispatcher.send(app, { isFake: true })),
    );
    const wamids = new Set<string>();
    for (const id of ids) {
      const reply = await dispatcher.answer(id);
      const data = JSON.parse(String(reply.kind === 'accepted' && reply.data)) as {
        contacts?: unknown;
        messages: { id: string }[];
      };
      expect(data.contacts).toBeUndefined();
      expect(data.messages[0]?.id).toMatch(/^wamid\.FAKE_\d{19}$/);
      wamids.add(data.messages[0]?.id ?? '');
      expect(await dispatcher.settlement(id)).toMatchObject({
        outcome: 'accepted',
        billable: false,
      });
    }
    expect(wamids.size).toBe(50);
    expect(meta.calls.length).toBe(before);
  });

  it('that marks as read goes to Meta as it came and is not charged', async () => {
    const body = Buffer.from(
      '{"messaging_product":"whatsapp","status":"read","message_id":"wamid.X"}',
    );
    meta.handler = (call) => {
      answer(call, 200, { success: true });
    };
    const id = await dispatcher.send(app, { type: 'read', body });
    const reply = await dispatcher.answer(id);
    expect(String(reply.kind === 'accepted' && reply.data)).toBe('{"success":true}');
    expect(meta.calls.at(-1)?.body).toBe(body.toString());
    expect(await dispatcher.settlement(id)).toMatchObject({ billable: false });
  });

  it('that comes twice in one batch and once more while its call runs is sent once', async () => {
    const journey = aJourney(app, Date.now());
    const before = meta.calls.length;
    let accept: () => void = () => undefined;
    meta.handler = (_call, go) => {
      accept = go;
    };
    await Promise.all([dispatcher.produce(journey), dispatcher.produce(journey)]);
    await until(() => meta.calls.length > before);
    await dispatcher.produce(journey);
    accept();
    await dispatcher.answer(journey.messageId);
    await dispatcher.produce(journey);
    await until(() => dispatcher.settlementsOf(journey.messageId).length >= 2);
    expect(meta.calls.length).toBe(before + 1);
  });

  it('whose application has no channel here is refused as inactive', async () => {
    const id = await dispatcher.send(anApp());
    expect(await dispatcher.answer(id)).toMatchObject({ kind: 'refused', code: 'AUTH_007' });
    expect(await dispatcher.settlement(id)).toMatchObject({ outcome: 'rejected' });
  });

  it('is reported running once when its call lasts a second', async () => {
    let accept: () => void = () => undefined;
    meta.handler = (_call, go) => {
      accept = go;
    };
    const id = await dispatcher.send(app);
    await until(() => dispatcher.repliesTo(id).some(({ kind }) => kind === 'running'), 2_000);
    accept();
    await dispatcher.answer(id);
    expect(dispatcher.repliesTo(id).map(({ kind }) => kind)).toEqual(['running', 'accepted']);
  });
});

describe('a message that may not be sent any more', () => {
  it.each([
    ['marked late by an earlier stage', { isLate: true }],
    ['past its time here', { submittedAtMs: Date.now() - 10_000 }],
  ])('%s is fenced, answered GW_008 and settled expired', async (_name, more) => {
    const before = meta.calls.length;
    const id = await dispatcher.send(app, more);
    expect(await dispatcher.answer(id)).toMatchObject({ code: 'GW_008', retryAfterSeconds: 1 });
    expect(await dispatcher.settlement(id)).toMatchObject({ outcome: 'expired' });
    expect(await stateOf(id)).toBe('expired');
    // A copy that is not marked comes later.
    await dispatcher.produce(aJourney(app, Date.now(), { messageId: id }));
    await until(() => dispatcher.settlementsOf(id).length === 2);
    expect(meta.calls.length).toBe(before);
  });

  it('that is a late copy of a sent one is answered with what became of it', async () => {
    const id = await dispatcher.send(app);
    const first = await dispatcher.answer(id);
    await dispatcher.produce(aJourney(app, Date.now(), { messageId: id, isLate: true }));
    const replies = await until(() => {
      const all = dispatcher.repliesTo(id);
      return all.length === 2 && all;
    });
    expect(replies[1]).toEqual(first);
  });

  it("that billing refused ends with billing's code", async () => {
    const id = await dispatcher.send(app, { refusal: 'BILL_001', idempotencyHash: 'a'.repeat(64) });
    expect(await dispatcher.answer(id)).toMatchObject({ code: 'BILL_001' });
    expect(await dispatcher.settlement(id)).toMatchObject({ outcome: 'rejected' });
  });
});

describe('a record that is no message', () => {
  it.each([
    ['without a body', async () => dispatcher.produce(aJourney(app, Date.now()), null)],
    [
      'without headers',
      async () => {
        await dispatcher.transport.producer.send({
          topic: 'message.funded.v1',
          key: app.appId,
          value: '{}',
        });
      },
    ],
    [
      'with hostile headers',
      async () => {
        await dispatcher.transport.producer.send({
          topic: 'message.funded.v1',
          key: app.appId,
          value: '{}',
          headers: { 'x-message-id': "'; drop table messages", 'x-ttl-ms': '-1' },
        });
      },
    ],
  ])('%s goes to the dead letter and holds nothing up', async (_name, produce) => {
    const before = dispatcher.transport.deadLetters.length;
    await produce();
    await until(() => dispatcher.transport.deadLetters.length === before + 1);
    expect(await dispatcher.answer(await dispatcher.send(app))).toMatchObject({ kind: 'accepted' });
  });

  it('still answers its caller and frees his money when its journey can be read', async () => {
    const journey = aJourney(app, Date.now());
    await dispatcher.produce(journey, null);
    expect(await dispatcher.answer(journey.messageId)).toMatchObject({ code: 'GW_500' });
    expect(await dispatcher.settlement(journey.messageId)).toMatchObject({ outcome: 'rejected' });
    expect(await stateOf(journey.messageId)).toBe('rejected');
  });
});

describe("Meta's answer", () => {
  const cases: [string, CallHandler, object, string][] = [
    [
      '131026',
      (call) => {
        answer(call, 400, metaError(131026));
      },
      { code: 'META_002' },
      'rejected',
    ],
    [
      '190',
      (call) => {
        answer(call, 401, metaError(190));
      },
      { code: 'META_004' },
      'rejected',
    ],
    [
      '131056 with Retry-After',
      (call) => {
        answer(call, 400, metaError(131056), 'retry-after: 9\r\n');
      },
      { code: 'META_003', retryAfterSeconds: 9, params: { retry_after: '9s', retryable: true } },
      'rejected',
    ],
    [
      '131016',
      (call) => {
        answer(call, 500, metaError(131016));
      },
      { code: 'META_001' },
      'rejected',
    ],
    [
      '131000',
      (call) => {
        answer(call, 500, metaError(131000));
      },
      { code: 'META_005' },
      'unknown',
    ],
    [
      'an empty 200',
      (call) => {
        answer(call, 200, '');
      },
      { code: 'META_005' },
      'unknown',
    ],
    [
      'a 200 without id',
      (call) => {
        answer(call, 200, { messages: [{}] });
      },
      { code: 'META_005' },
      'unknown',
    ],
    [
      'HTML with 200',
      (call) => {
        answer(call, 200, '<html>ok</html>');
      },
      { code: 'META_005' },
      'unknown',
    ],
    [
      'HTML with 502',
      (call) => {
        answer(call, 502, '<html>bad</html>');
      },
      { code: 'META_005' },
      'unknown',
    ],
    [
      'HTML with 403',
      (call) => {
        answer(call, 403, '<html>no</html>');
      },
      { code: 'META_001' },
      'rejected',
    ],
    [
      'JSON that is cut off',
      (call) => {
        answer(call, 200, '{"messages":[{"id":"wam');
      },
      { code: 'META_005' },
      'unknown',
    ],
    [
      'a body cut by the connection',
      (call) => {
        call.socket.end(
          'HTTP/1.1 200 OK\r\ncontent-length: 500\r\n\r\n{"messages":[{"id":"wamid.X"}]}',
        );
      },
      { code: 'META_005' },
      'unknown',
    ],
    [
      '10 MB',
      (call) => {
        answer(call, 200, `{"messages":[{"id":"wamid.X"}],"x":"${'y'.repeat(10_000_000)}"}`);
      },
      { code: 'META_005' },
      'unknown',
    ],
    [
      'a reset after the write',
      (call) => {
        call.socket.resetAndDestroy();
      },
      { code: 'META_005' },
      'unknown',
    ],
    [
      'a close after the write',
      (call) => {
        call.socket.end();
      },
      { code: 'META_005' },
      'unknown',
    ],
    [
      'garbage',
      (call) => {
        call.socket.write('SSH-2.0-OpenSSH\r\n\r\n');
      },
      { code: 'META_005' },
      'unknown',
    ],
    ['no answer', () => undefined, { code: 'META_005' }, 'unknown'],
    [
      'a body that never ends',
      (call) => {
        call.socket.write('HTTP/1.1 200 OK\r\ncontent-length: 500\r\n\r\n{"messages":');
      },
      { code: 'META_005' },
      'unknown',
    ],
  ];

  it.each(cases)(
    '%s becomes one outcome and is sent once',
    async (_name, handler, expected, outcome) => {
      const before = meta.calls.length;
      meta.handler = handler;
      const id = await dispatcher.send(app);
      const reply = await dispatcher.answer(id);
      expect(reply).toMatchObject({ kind: 'refused', isReplayed: false, ...expected });
      if (outcome === 'unknown') {
        expect(reply).toMatchObject({ params: { message_id: `msg_${id}`, retryable: false } });
      }
      expect(await dispatcher.settlement(id)).toMatchObject({ outcome });
      expect(await stateOf(id)).toBe(outcome);
      expect(meta.calls.length).toBe(before + 1);
    },
  );

  it("carries Meta's own error to the caller", async () => {
    meta.handler = (call) => {
      answer(
        call,
        400,
        metaError(132000, { error_subcode: 7, error_data: { details: 'too few' } }),
      );
    };
    expect(await dispatcher.answer(await dispatcher.send(app))).toMatchObject({
      code: 'META_002',
      params: {
        retryable: false,
        meta: {
          code: 132000,
          subcode: 7,
          title: '(#132000) refused',
          details: 'too few',
          fbtrace_id: 'Atrace',
        },
      },
    });
  });
});
