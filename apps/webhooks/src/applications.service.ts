import type { ApplicationContext } from '@gateway/contracts';
import { AppError } from '@gateway/errors';
import { CommandTimeoutError, type Messaging } from '@gateway/messaging';
import type { Logger } from '@gateway/platform';
import { APPLICATIONS_GRACE_MS, ApplicationsTable } from '@gateway/tenancy';

const WAIT_STEP_MS = 50;

/** Whose a number, an account or a handle is, fed by `tenancy.changed.v1`. */
export class ApplicationsService {
  private readonly table: ApplicationsTable;
  private isStopped = false;

  constructor(
    private readonly messaging: Pick<Messaging, 'tables' | 'brokerClock'>,
    logger: Logger,
  ) {
    this.table = new ApplicationsTable({ messaging, logger });
  }

  start(): void {
    this.table.start();
  }

  stop(): void {
    this.isStopped = true;
    this.table.stop();
  }

  health(): string | null {
    return this.table.health();
  }

  /**
   * Resolves when what is known may be believed: a number may have moved to somebody else, so that events wait rather
   * than go by what was true more than a minute ago.
   * @throws CommandTimeoutError when the process ends first
   */
  async usable(): Promise<void> {
    while (!this.isStopped && !this.isUsable()) {
      await new Promise((resolve) => setTimeout(resolve, WAIT_STEP_MS));
    }
    // The process ends: what waits is not committed, and comes again.
    if (!this.isUsable()) throw new CommandTimeoutError('auth', 'tenancy', APPLICATIONS_GRACE_MS);
  }

  /** Whose an event is: of the number that it names, else of every number of the account. */
  receivers(event: {
    readonly wabaId: string;
    readonly phoneNumberId: string | null;
  }): readonly ApplicationContext[] {
    const { view } = this.table;
    if (event.phoneNumberId === null) return view.findByWabaId(event.wabaId);
    const application = view.findByPhoneNumberId(event.phoneNumberId);
    return application ? [application] : [];
  }

  /**
   * @throws AppError GW_404 when the organization has no such application, GW_008 when that is not sure
   */
  ofHandle(orgId: string, handle: string): ApplicationContext {
    const application = this.table.view.findByHandle(handle);
    if (application?.orgId === orgId) return application;
    const isSure = this.table.view.isFresh(this.messaging.brokerClock.nowMs());
    throw new AppError(isSure ? 'GW_404' : 'GW_008');
  }

  private isUsable(): boolean {
    const ageMs = this.table.view.ageMs(this.messaging.brokerClock.nowMs());
    return this.table.health() === null && ageMs <= APPLICATIONS_GRACE_MS;
  }
}
