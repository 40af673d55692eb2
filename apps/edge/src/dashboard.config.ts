import { existsSync, readdirSync } from 'node:fs';
import { join, sep } from 'node:path';
import fastifyStatic from '@fastify/static';
import type { FastifyInstance, FastifyReply } from 'fastify';
import { dashboardFile } from './domain/dashboard-file';

/** Where the build puts the dashboard, seen from where it puts this file. */
export const DASHBOARD_DIR = join(__dirname, '../../../dashboard');

const CONTENT_SECURITY_POLICY = [
  "default-src 'self'",
  "script-src 'self'",
  "style-src 'self' 'unsafe-inline'",
  "img-src 'self' data:",
  "frame-ancestors 'none'",
  "base-uri 'none'",
  "object-src 'none'",
].join('; ');

/**
 * Serves the built dashboard at `/`. Its own addresses are resolved in the browser, so every path that belongs to
 * nobody else gets its page. Without a build there is nothing to serve, and `/` does not exist.
 */
export async function serveDashboard(instance: FastifyInstance, directory: string): Promise<void> {
  if (!existsSync(join(directory, 'index.html'))) return;
  const files = new Set(
    readdirSync(directory, { recursive: true, encoding: 'utf8' }).map((name) =>
      name.replaceAll(sep, '/'),
    ),
  );
  await instance.register(fastifyStatic, {
    root: directory,
    serve: false,
    preCompressed: true,
    cacheControl: false,
  });
  instance.get('/*', (request, reply) => {
    const file = dashboardFile(request.url, files);
    if (file === null) {
      reply.callNotFound();
      return reply;
    }
    return sendFile(reply, file);
  });
}

function sendFile(reply: FastifyReply, file: string): FastifyReply {
  reply.header('content-security-policy', CONTENT_SECURITY_POLICY);
  reply.header('referrer-policy', 'no-referrer');
  // The names of assets change with their content; everything else is asked for again.
  const isImmutable = file.startsWith('assets/');
  reply.header('cache-control', isImmutable ? 'public, max-age=31536000, immutable' : 'no-cache');
  return reply.sendFile(file);
}
