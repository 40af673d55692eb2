import { Gateway, GatewayError, type DemoLogin, type EndpointSettings } from './gateway';
import type { ListenState, StateFile } from './state-file';

/** The longest: whoever verifies with the secret that was there goes on to do so for a week. */
const OVERLAP_HOURS = 168;
const ALL_EVENTS = {
  messages: true,
  message_status: true,
  read: true,
  message_template_status: true,
  account: true,
};

/**
 * Puts the local receiver in the place of the demo application's endpoint, and back what was there. What was there is
 * written down before anything changes, so that a receiver that was killed leaves nothing behind for good.
 */
export class Registration {
  constructor(
    private readonly login: DemoLogin,
    private readonly file: StateFile,
    private readonly print: (line: string) => void,
  ) {}

  /** @returns the secret that deliveries are signed with */
  async enter(url: string): Promise<string> {
    const gateway = await Gateway.signIn(this.login);
    const endpoint = await gateway.endpoint();
    const left = this.file.read();
    // The receiver before this one was killed: what it had found is what there is to put back.
    const isLeftOver = left !== null && left.endpointId === endpoint?.id && left.isEntered;
    const before = isLeftOver ? left.before : endpoint && settingsOf(endpoint);
    const known = left !== null && left.endpointId === endpoint?.id ? left.signingSecret : null;
    if (endpoint) this.save({ endpointId: endpoint.id, signingSecret: known, before });
    const entered = await gateway.upsert({
      url,
      headers: {},
      subscribedEvents: ALL_EVENTS,
      isActive: true,
    });
    const endpointId = entered.id;
    if (entered.signingSecret !== undefined) {
      this.save({ endpointId, signingSecret: entered.signingSecret, before });
      return entered.signingSecret;
    }
    const signingSecret = known ?? (await this.rotate(gateway));
    this.save({ endpointId, signingSecret, before });
    return signingSecret;
  }

  /** Puts back what was there. */
  async leave(): Promise<void> {
    const state = this.file.read();
    if (!state?.isEntered) return;
    const gateway = await Gateway.signIn(this.login);
    const endpoint = await gateway.endpoint();
    if (endpoint?.id !== state.endpointId) {
      // Somebody removed or replaced it in the meantime: that is what he wants.
      this.file.remove();
    } else if (state.before) {
      await gateway.upsert(state.before);
      this.file.write({ ...state, before: null, isEntered: false });
    } else {
      await gateway.remove();
      this.file.remove();
    }
  }

  private save(state: Omit<ListenState, 'isEntered'>): void {
    this.file.write({ ...state, isEntered: true });
  }

  /** The signing secret of an endpoint that somebody else made is shown to nobody: there has to be a new one. */
  private async rotate(gateway: Gateway): Promise<string> {
    try {
      const signingSecret = await gateway.rotateSigningSecret(OVERLAP_HOURS);
      this.print(
        `the endpoint that was there has a new signing secret: ${signingSecret}; the old one signs for a week more`,
      );
      return signingSecret;
    } catch (error) {
      await this.leave();
      if (!(error instanceof GatewayError) || error.code !== 'GW_011') throw error;
      throw new Error(
        `The endpoint that is there is amid a rotation, so its signatures cannot be verified. ${error.message}`,
        { cause: error },
      );
    }
  }
}

const settingsOf = ({
  url,
  headers,
  subscribedEvents,
  isActive,
}: EndpointSettings): EndpointSettings => ({ url, headers, subscribedEvents, isActive });
