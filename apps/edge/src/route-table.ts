import { Injectable } from '@nestjs/common';
import type { RouteOptions } from 'fastify';
import type { RouteAccess } from './domain/access';

/** How a route knows its caller: an API key, Meta's signature, an access token with rights, or not at all. */
export type Access = 'api-key' | 'meta' | 'anybody' | RouteAccess;

export interface Route {
  readonly method: string;
  /** As it was declared, with `:names` for what varies. */
  readonly path: string;
  readonly access: Access;
}

const MANAGEMENT = '/api/v1';

/** Every route that declares its access; what is asked of all of them at once is asked of this table. */
@Injectable()
export class RouteTable {
  private readonly all: Route[] = [];

  get routes(): readonly Route[] {
    return this.all;
  }

  /** @throws Error for a route under `/api/v1` that does not say who may call it */
  add({ method, url, config }: Pick<RouteOptions, 'method' | 'url' | 'config'>): void {
    const access = config?.access;
    const isManagement = url === MANAGEMENT || url.startsWith(`${MANAGEMENT}/`);
    if (isManagement && (access === undefined || access === 'api-key' || access === 'meta')) {
      throw new Error(`${url} does not declare which rights it needs`);
    }
    if (access === undefined) return;
    // Fastify adds a HEAD of its own to each GET.
    const methods = [method].flat().filter((each) => each !== 'HEAD');
    for (const each of methods) this.all.push({ method: each, path: url, access });
  }
}
