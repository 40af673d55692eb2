import { constants } from 'node:os';

/** What the resolver of names says; it has no errno. */
const RESOLVER = /^(ENOTFOUND|EAI_[A-Z]+)$/;

/**
 * Whether the machine or the network refused something: no connection, no more files, no room, no memory. Known by the
 * errno's name, however it came: Node's own errors carry it, and so does what drivers make of them.
 */
export function isSystemError(error: Error): boolean {
  const code: unknown = Reflect.get(error, 'code');
  return typeof code === 'string' && (Object.hasOwn(constants.errno, code) || RESOLVER.test(code));
}
