import { once } from 'node:events';
import { createSocket, type Socket } from 'node:dgram';
import { Resolver } from 'node:dns/promises';

/** What the server says of a name: addresses, another name, an error code of DNS, or nothing at all. */
export type NameAnswer =
  | { readonly a?: readonly string[]; readonly cname?: string }
  | { readonly rcode: number }
  | 'silence';

const A = 1;
const CNAME = 5;
const FLAGS_ANSWER = 0x8180;

/** A DNS server over UDP that answers IPv4 questions. */
export class NameServer {
  asked = 0;

  private constructor(
    private readonly socket: Socket,
    private readonly answers: Readonly<Record<string, NameAnswer>>,
  ) {
    socket.on('message', (question, { port, address }) => {
      this.asked += 1;
      const reply = this.replyTo(question);
      if (reply) socket.send(reply, port, address);
    });
  }

  static async start(answers: Readonly<Record<string, NameAnswer>>): Promise<NameServer> {
    const socket = createSocket('udp4');
    socket.bind(0, '127.0.0.1');
    await once(socket, 'listening');
    return new NameServer(socket, answers);
  }

  /** Node's own resolver, asking this server alone. */
  resolver(timeout = 200): Resolver {
    const resolver = new Resolver({ timeout, tries: 1 });
    resolver.setServers([`127.0.0.1:${this.socket.address().port}`]);
    return resolver;
  }

  async close(): Promise<void> {
    this.socket.close();
    await once(this.socket, 'close');
  }

  private replyTo(question: Buffer): Buffer | null {
    const nameEnd = question.indexOf(0, 12);
    const answer = this.answers[nameOf(question.subarray(12, nameEnd))] ?? { rcode: 3 };
    if (answer === 'silence') return null;
    const head = Buffer.from(question.subarray(0, nameEnd + 5));
    head.writeUInt16BE(FLAGS_ANSWER | ('rcode' in answer ? answer.rcode : 0), 2);
    const isForIpv4 = question.readUInt16BE(nameEnd + 1) === A;
    const records = 'rcode' in answer || !isForIpv4 ? [] : recordsOf(answer);
    head.writeUInt16BE(records.length, 6);
    head.writeUInt32BE(0, 8);
    return Buffer.concat([head, ...records]);
  }
}

function recordsOf({ a = [], cname }: { a?: readonly string[]; cname?: string }): Buffer[] {
  const question = Buffer.from([0xc0, 12]);
  const owner = cname === undefined ? question : encoded(cname);
  return [
    ...(cname === undefined ? [] : [record(question, CNAME, encoded(cname))]),
    ...a.map((address) => record(owner, A, Buffer.from(address.split('.').map(Number)))),
  ];
}

function record(owner: Buffer, type: number, data: Buffer): Buffer {
  const head = Buffer.alloc(10);
  head.writeUInt16BE(type, 0);
  head.writeUInt16BE(1, 2);
  head.writeUInt32BE(60, 4);
  head.writeUInt16BE(data.length, 8);
  return Buffer.concat([owner, head, data]);
}

const encoded = (name: string): Buffer =>
  Buffer.concat([
    ...name.split('.').map((label) => Buffer.from([label.length, ...Buffer.from(label)])),
    Buffer.from([0]),
  ]);

function nameOf(labels: Buffer): string {
  const names: string[] = [];
  for (let index = 0; index < labels.length; index += 1 + (labels[index] ?? 0)) {
    names.push(labels.toString('latin1', index + 1, index + 1 + (labels[index] ?? 0)));
  }
  return names.join('.').toLowerCase();
}
