import { Inject, Injectable } from '@nestjs/common';
import type { CommandName, CommandReply, CommandRequest, CommandService } from '@gateway/contracts';
import { AppError } from '@gateway/errors';
import { MESSAGING, type Messaging } from '@gateway/messaging';
import { PasswordRoom } from './domain/password-room';
import { isAway, unavailable } from './service-away';

/** An owner that is gone must show within 2 s. */
const TIMEOUT_MS = 1_800;
const CONCURRENT_MAX = 500;
const CONCURRENT_PER_TENANT_MAX = 50;
/** Of callers that are not signed in. */
const CONCURRENT_STRANGERS_MAX = 150;
const WHOLE_SECONDS = /^(\d{1,6})s$/;

/** For these auth hashes a password. */
const HASHING: ReadonlySet<string> = new Set([
  'session.open',
  'user.register',
  'password.change',
  'password.reset',
] satisfies CommandName<'auth'>[]);

/** Asks the service that owns the data of a route; bounded for each tenant and in all. */
@Injectable()
export class OwnersService {
  private readonly countByTenant = new Map<string, number>();
  private count = 0;
  private readonly passwords = new PasswordRoom((call, afterMs) => {
    setTimeout(call, afterMs).unref();
  });

  constructor(@Inject(MESSAGING) private readonly messaging: Messaging) {}

  /**
   * @param tenant organization, else user or session: also the key that keeps the commands of one tenant in order;
   * null for somebody who is not signed in
   * @param timeoutMs longer than usual where the owner itself asks somebody else
   * @throws AppError what the owner answered; GW_008 with `Retry-After` when it does not answer in time, RATE_003 when
   * too many passwords are being looked at
   */
  async ask<S extends CommandService, C extends CommandName<S>>(
    service: S,
    command: C,
    request: CommandRequest<S, C>,
    tenant: string | null,
    timeoutMs = TIMEOUT_MS,
  ): Promise<CommandReply<S, C>> {
    const work = () => this.askWithin(service, command, request, { tenant, timeoutMs });
    return service === 'auth' && HASHING.has(command) ? this.passwords.run(work) : work();
  }

  private async askWithin<S extends CommandService, C extends CommandName<S>>(
    service: S,
    command: C,
    request: CommandRequest<S, C>,
    { tenant, timeoutMs }: { readonly tenant: string | null; readonly timeoutMs: number },
  ): Promise<CommandReply<S, C>> {
    const name = tenant ?? '';
    const countOfTenant = this.countByTenant.get(name) ?? 0;
    const countMax = tenant === null ? CONCURRENT_STRANGERS_MAX : CONCURRENT_PER_TENANT_MAX;
    if (this.count >= CONCURRENT_MAX || countOfTenant >= countMax) throw unavailable();
    this.count++;
    this.countByTenant.set(name, countOfTenant + 1);
    try {
      const options = { timeoutMs, key: tenant ?? undefined };
      return await this.messaging.commands.call(service, command, request, options);
    } catch (error) {
      throw answerable(error);
    } finally {
      this.count--;
      const left = (this.countByTenant.get(name) ?? 1) - 1;
      if (left > 0) this.countByTenant.set(name, left);
      else this.countByTenant.delete(name);
    }
  }
}

/** A command's error knows no headers: `Retry-After` follows from its parameters. */
function answerable(error: unknown): unknown {
  if (isAway(error)) return unavailable(error);
  if (!(error instanceof AppError)) return error;
  const seconds = WHOLE_SECONDS.exec(String(error.params.retry_after))?.[1];
  if (seconds === undefined) return error;
  const { code, params, cause } = error;
  return new AppError(code, { params, cause, retryAfterSeconds: Number(seconds) });
}
