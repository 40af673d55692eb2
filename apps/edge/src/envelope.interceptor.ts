import {
  Injectable,
  type CallHandler,
  type ExecutionContext,
  type NestInterceptor,
} from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { from, map, of, type Observable } from 'rxjs';
import { isMember, type RouteAccess } from './domain/access';
import { DtoPipe } from './dto.pipe';
import { CursorQueryDto, Page, PageQueryDto, cursorPageOf, pageOf } from './paging';

type Envelope = { isSuccess: true; data: unknown; pagingMetadata?: unknown } | undefined;

const NO_CONTENT = 204;
const dtoPipe = new DtoPipe();

/** Puts what a controller returns into the one form of success; nothing returned is 204 with an empty body. */
@Injectable()
export class EnvelopeInterceptor implements NestInterceptor<unknown, Envelope> {
  intercept(context: ExecutionContext, next: CallHandler): Observable<Envelope> {
    const http = context.switchToHttp();
    const request = http.getRequest<FastifyRequest>();
    const { access } = request.routeOptions.config;
    if (typeof access === 'object' && request.user !== null && !isMember(request.user)) {
      if (access.beforeOrganization) return emptyAnswer(access.beforeOrganization, request.query);
    }
    return next.handle().pipe(
      map((result: unknown) => {
        if (result === undefined) void http.getResponse<FastifyReply>().status(NO_CONTENT);
        return result === undefined ? undefined : envelope(result);
      }),
    );
  }
}

const envelope = (result: unknown): Envelope =>
  result instanceof Page
    ? { isSuccess: true, data: result.items, pagingMetadata: result.pagingMetadata }
    : { isSuccess: true, data: result };

/** What somebody without an organization has: nothing, in the form of the route. */
function emptyAnswer(
  form: NonNullable<RouteAccess['beforeOrganization']>,
  query: unknown,
): Observable<Envelope> {
  if (form === 'cursor') {
    const checked = dtoPipe.transform(query, { type: 'query', metatype: CursorQueryDto });
    return from(checked).pipe(map(() => envelope(cursorPageOf([], null))));
  }
  if (form !== 'page') return of(envelope(form === 'list' ? [] : null));
  const checked = dtoPipe.transform(query, { type: 'query', metatype: PageQueryDto });
  return from(checked).pipe(map((page) => envelope(pageOf([], page as PageQueryDto, 0))));
}
