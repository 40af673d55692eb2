import { applyDecorators, Catch, UseFilters, type RpcExceptionFilter } from '@nestjs/common';
import { EventPattern } from '@nestjs/microservices';
import { throwError, type Observable } from 'rxjs';
import type { GroupName, TOPICS, TopicName } from '@gateway/contracts';
import type { Batch, BatchHandlerOptions, InboundRecord } from './types';

/** Extras of a handler, as Nest carries them to the transport. */
export interface BatchHandlerExtras {
  readonly kind: 'batch';
  readonly topic: TopicName;
  readonly options: BatchHandlerOptions;
}

/** Extras of the method that ends the journey of a record before its dead letter. */
export interface JourneyEndExtras {
  readonly kind: 'journey-end';
}

/** Extras of a command's handler. */
export interface CommandHandlerExtras {
  readonly kind: 'command';
  readonly service: string;
  readonly command: string;
}

/** The groups that consume a topic; a handler of another group does not compile. */
type GroupOf<T extends TopicName> = Extract<(typeof TOPICS)[T]['to'][number]['group'], GroupName>;

type MethodDecoratorOf<M> = <T extends M>(
  target: object,
  methodName: string,
  descriptor: TypedPropertyDescriptor<T>,
) => void;

/** Nest's default turns every error into "Internal server error"; the runner has to see the error itself. */
@Catch()
class OriginalErrorFilter implements RpcExceptionFilter {
  catch(error: unknown): Observable<never> {
    return throwError(() => error);
  }
}

const NEST_PATTERNS = 'microservices:pattern';

export const journeyEndPattern = (group: GroupName, topic: TopicName): string =>
  `journey-end:${group}:${topic}`;

/** Registers a method with the transport, under one more pattern, so that its own error comes back. */
export const registered = (
  pattern: string,
  extras: BatchHandlerExtras | JourneyEndExtras | CommandHandlerExtras,
): MethodDecorator =>
  applyDecorators(
    EventPattern(pattern, extras) as MethodDecorator,
    UseFilters(new OriginalErrorFilter()),
  );

/**
 * Hands the method everything that has gathered of a topic, over all partitions, as one `Batch`.
 *
 * @param topic from the list in `@gateway/contracts`; the group must be one that consumes it
 */
export function BatchHandler<T extends TopicName>(
  topic: T,
  options: BatchHandlerOptions & { readonly group: GroupOf<T> },
): MethodDecoratorOf<(batch: Batch) => Promise<void>> {
  return (target, methodName, descriptor) => {
    const extras: BatchHandlerExtras = { kind: 'batch', topic, options };
    registered(`batch:${options.group}:${topic}`, extras)(target, methodName, descriptor);
    if (options.onDeadLetter !== undefined) {
      registerJourneyEnd(target, options.onDeadLetter, journeyEndPattern(options.group, topic));
    }
  };
}

/** One method may end the journeys of several topics: its patterns add up. */
function registerJourneyEnd(target: object, methodName: string, pattern: string): void {
  const descriptor: TypedPropertyDescriptor<(record: InboundRecord) => Promise<void>> | undefined =
    Object.getOwnPropertyDescriptor(target, methodName);
  if (typeof descriptor?.value !== 'function') {
    throw new Error(`onDeadLetter names no method of ${target.constructor.name}: ${methodName}`);
  }
  const earlier = (Reflect.getMetadata(NEST_PATTERNS, descriptor.value) ?? []) as string[];
  const extras: JourneyEndExtras = { kind: 'journey-end' };
  EventPattern([...earlier, pattern], extras)(target, methodName, descriptor);
  if (earlier.length === 0) UseFilters(new OriginalErrorFilter())(target, methodName, descriptor);
}
