import proxy from '@fastify/http-proxy';
import Fastify from 'fastify';

/**
 * The baseline P: a bare Fastify proxy in front of the same simulator, with no key, limit, money or database.
 * Arguments: port, origin of the simulator.
 */
async function main(port: number, upstream: string): Promise<void> {
  const server = Fastify();
  await server.register(proxy, {
    upstream,
    prefix: '/v1/wa/message',
    rewritePrefix: '/v23.0/100000000000000/messages',
    undici: { connections: 64, pipelining: 1 },
    replyOptions: {
      rewriteRequestHeaders: (_request, headers) => ({
        ...headers,
        authorization: 'Bearer EAAbaseline',
      }),
    },
  });
  await server.listen({ port, host: '127.0.0.1' });
  process.send?.('ready');
}

void main(Number(process.argv[2]), process.argv[3] ?? '');
