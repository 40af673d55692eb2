import { types } from 'node:util';

const CAUSE_DEPTH_MAX = 3;
const FRAMES_MAX = 12;

/** The only properties of an error that are logged; drivers hang queries, parameters and configurations on theirs. */
const PROPERTIES = ['code', 'errno', 'syscall', 'constraint', 'table', 'severity', 'statusCode'];

interface LoggedError {
  type: string;
  message: string;
  stack?: string;
  cause?: LoggedError;
  [property: string]: unknown;
}

/** What of an error may be logged: type, message, frames, a closed list of properties, and its causes. */
export function serializeError(error: unknown, depth = 0): LoggedError {
  if (!types.isNativeError(error)) return { type: typeof error, message: 'not an Error' };
  const logged: LoggedError = { type: error.constructor.name, message: messageOf(error) };
  for (const property of PROPERTIES) {
    const value: unknown = Reflect.get(error, property);
    if (typeof value === 'string' || typeof value === 'number') logged[property] = value;
  }
  const stack = framesOf(error);
  if (stack !== '') logged.stack = stack;
  const many: unknown = Reflect.get(error, 'errors');
  const cause: unknown = Array.isArray(many) ? many[0] : error.cause;
  if (cause !== undefined && depth < CAUSE_DEPTH_MAX) {
    logged.cause = serializeError(cause, depth + 1);
  }
  return logged;
}

/** Some messages quote the data that they complain about; of those only the kind is kept. */
function messageOf(error: Error): string {
  if (error.name === 'SyntaxError') return 'text that does not parse';
  const code: unknown = Reflect.get(error, 'code');
  if (typeof code === 'string' && /^2[23]\w{3}$/.test(code)) {
    return error.message.split(':', 1)[0] ?? '';
  }
  return error.message.slice(0, 1_000);
}

/** Without its first lines, which repeat the message. */
const framesOf = (error: Error): string =>
  (error.stack ?? '')
    .split('\n')
    .filter((line) => line.startsWith('    at '))
    .slice(0, FRAMES_MAX)
    .map((line) => line.trim())
    .join('\n');
