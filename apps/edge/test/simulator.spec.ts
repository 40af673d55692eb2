import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { SimulatorService } from '../src/simulator.service';

const NUMBER = { phoneNumberId: '100200300', wabaId: '400500600', accessToken: 'token' };

describe('a phone number of the simulator', () => {
  let server: Server;
  let answer: { status: number; body: string };
  let asked: string[];
  let simulator: SimulatorService;

  beforeEach(async () => {
    asked = [];
    answer = { status: 201, body: JSON.stringify({ ...NUMBER, secret: 'not for others' }) };
    server = createServer((request, response) => {
      asked.push(`${request.method} ${request.url}`);
      response.writeHead(answer.status, { 'content-type': 'application/json' });
      response.end(answer.body);
    });
    await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening));
    const { port } = server.address() as AddressInfo;
    simulator = new SimulatorService({ simulatorUrl: `http://127.0.0.1:${port}` });
  });
  afterEach(() => server.close());

  it('is a free one, with what connects it and nothing else', async () => {
    expect(await simulator.takeNumber()).toEqual(NUMBER);
    expect(asked).toEqual(['POST /_simulator/phone-numbers/free']);
  });

  it.each([
    [500, '{}'],
    [201, 'no JSON'],
    [201, 'null'],
    [201, '{"phoneNumberId":1,"wabaId":"2","accessToken":"3"}'],
  ])('is GW_008 when the simulator answers %s %s', async (status, body) => {
    answer = { status, body };
    await expect(simulator.takeNumber()).rejects.toMatchObject({ code: 'GW_008' });
  });

  it('is GW_008 when the simulator is gone', async () => {
    await new Promise((closed) => server.close(closed));
    await expect(simulator.takeNumber()).rejects.toMatchObject({ code: 'GW_008' });
  });

  it('does not exist where messages go to Meta', async () => {
    const none = new SimulatorService({ simulatorUrl: undefined });
    expect(none.url).toBeNull();
    await expect(none.takeNumber()).rejects.toMatchObject({ code: 'GW_404' });
  });

  it('keeps a production from starting', () => {
    const environment = jest.replaceProperty(process, 'env', { NODE_ENV: 'production' });
    try {
      expect(() => new SimulatorService({ simulatorUrl: 'http://simulator' })).toThrow(
        'SIMULATOR_URL',
      );
    } finally {
      environment.restore();
    }
  });
});
