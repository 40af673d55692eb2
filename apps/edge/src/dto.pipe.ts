import {
  Injectable,
  ValidationPipe,
  type ArgumentMetadata,
  type PipeTransform,
  type ValidationError,
} from '@nestjs/common';
import { AppError, type FieldError } from '@gateway/errors';
import { isUuid } from '@gateway/contracts';
import { FINDINGS_MAX } from './domain/findings';

/** Checks bodies and queries against their DTO; every wrong field is named in GW_003. */
@Injectable()
export class DtoPipe implements PipeTransform {
  private readonly bodies = validation({ forbidNonWhitelisted: true });
  /** What a query has besides is not read; proxies and caches add their own. */
  private readonly queries = validation({ forbidNonWhitelisted: false });

  async transform(value: unknown, metadata: ArgumentMetadata): Promise<unknown> {
    if (metadata.type === 'body') return this.bodies.transform(value, metadata);
    return metadata.type === 'query' ? this.queries.transform(value, metadata) : value;
  }
}

const validation = ({ forbidNonWhitelisted }: { forbidNonWhitelisted: boolean }): ValidationPipe =>
  new ValidationPipe({
    transform: true,
    whitelist: true,
    forbidNonWhitelisted,
    stopAtFirstError: true,
    exceptionFactory: (errors) => {
      const fields = errors.flatMap((error) => fieldErrors(error, '')).slice(0, FINDINGS_MAX);
      return new AppError('GW_003', { params: { fields } });
    },
  });

function fieldErrors(error: ValidationError, parent: string): FieldError[] {
  const path = pathOf(parent, error.property);
  const own = Object.entries(error.constraints ?? {}).map(([constraint, message]) => ({
    path,
    reason: reasonOf(constraint, message, error),
  }));
  return [...own, ...(error.children ?? []).flatMap((child) => fieldErrors(child, path))];
}

/** As the send path names fields: `buttons[3].reply.title`. */
function pathOf(parent: string, property: string): string {
  if (parent === '') return property;
  return /^\d+$/.test(property) ? `${parent}[${property}]` : `${parent}.${property}`;
}

function reasonOf(constraint: string, message: string, { value }: ValidationError): string {
  if (constraint === 'whitelistValidation') return 'is not a known field';
  return value === undefined ? 'is missing' : message;
}

const HANDLE = /^[A-Za-z0-9_-]{1,100}$/;

/** The handle of an application in a path: what has not even its form does not exist. */
@Injectable()
export class HandlePipe implements PipeTransform<string, string> {
  transform(value: string): string {
    if (!HANDLE.test(value)) throw new AppError('GW_404');
    return value;
  }
}

/** A UUID in a path: what has not even its form does not exist. */
@Injectable()
export class UuidPipe implements PipeTransform<string, string> {
  transform(value: string): string {
    if (!isUuid(value)) throw new AppError('GW_404');
    return value;
  }
}
