import { createHash } from 'node:crypto';

/** What makes two requests with one idempotency key the same: body bytes, `is_fake` and `mmlite`; hex. */
export const requestDigest = (request: {
  readonly body: Buffer;
  readonly isFake: boolean;
  readonly isMmlite: boolean;
}): string =>
  createHash('sha256')
    .update(`${request.isFake ? 1 : 0}${request.isMmlite ? 1 : 0}`)
    .update(request.body)
    .digest('hex');
