import type { ServerResponse } from 'node:http';
import { answer, pageOf, refuse, stream, withBody, type ControlRoutes } from './control-routes';
import {
  readChangeRequest,
  readInboundRequest,
  type ChangeRequest,
  type InboundRequest,
} from './domain/event-requests';
import { inboundMessageJson } from './domain/inbound-samples';
import type { PhoneNumbers } from './phone-numbers';
import type { WebhookSender } from './webhook-sender';
import type { WebhookSettings } from './webhook-settings';
import type { WebhooksLedger } from './webhooks-ledger';

interface WebhookParts {
  readonly settings: WebhookSettings;
  readonly sender: WebhookSender;
  readonly ledger: WebhooksLedger;
  readonly numbers: PhoneNumbers;
  readonly nextWamid: (waId: string) => string;
  /** Forgets what was to be sent later. */
  readonly forgetPlans: () => void;
}

/** What Meta tells: where to, what was told and how it was taken, and things to tell on request. */
export class WebhooksController {
  readonly routes: ControlRoutes;

  constructor(private readonly parts: WebhookParts) {
    this.routes = {
      'GET /_simulator/webhooks': (_request, response, url) => {
        this.list(response, url);
      },
      'GET /_simulator/webhooks/count': (_request, response) => {
        const { ledger, sender } = this.parts;
        answer(response, 200, { ...ledger.count(), dropped: sender.droppedUpdates });
      },
      'DELETE /_simulator/webhooks': (_request, response) => {
        this.parts.ledger.clear();
        this.parts.sender.clear();
        this.parts.forgetPlans();
        answer(response, 200, { success: true });
      },
      'GET /_simulator/webhooks/settings': (_request, response) => {
        answer(response, 200, this.settingsView());
      },
      'PUT /_simulator/webhooks/settings': (request, response) => {
        const change = (body: unknown): object | string =>
          this.parts.settings.change(body) ?? this.settingsView();
        withBody(request, response, change, (view) => {
          answer(response, 200, view);
        });
      },
      'POST /_simulator/inbound': (request, response) => {
        withBody(request, response, readInboundRequest, (asked) => {
          this.sendInbound(asked, response);
        });
      },
      'POST /_simulator/events': (request, response) => {
        withBody(request, response, readChangeRequest, (asked) => {
          this.sendChange(asked, response);
        });
      },
    };
  }

  /** The app secret signs; it is not shown. */
  private settingsView(): object {
    return { ...this.parts.settings.current, appSecret: undefined };
  }

  private list(response: ServerResponse, url: URL): void {
    const page = pageOf(response, url);
    if (page) stream(response, this.webhooksJson(page.after, page.limit));
  }

  private *webhooksJson(after: number, limit: number): Generator<string> {
    const { ledger } = this.parts;
    const next = ledger.nextAfter(after, limit);
    let separator = '';
    yield `{"count":${ledger.count().count ?? 0},"webhooks":[`;
    for (const webhook of ledger.read(after, limit)) {
      yield separator + webhook;
      separator = ',\n';
    }
    yield `],"next":${next}}`;
  }

  private sendInbound(asked: InboundRequest, response: ServerResponse): void {
    if (this.isNobodyThere(response)) return;
    const { phoneNumberId, from, name, type, content, count } = asked;
    const { numbers, nextWamid, sender } = this.parts;
    const wabaId = numbers.wabaOf(phoneNumberId);
    const timestamp = Math.floor(Date.now() / 1_000);
    const contact = JSON.stringify({ profile: { name }, wa_id: from });
    const ids = Array.from({ length: count }, () => nextWamid(from));
    sender.send(
      ...ids.map((id) => ({
        kind: 'messages' as const,
        wabaId,
        phoneNumberId,
        json: inboundMessageJson({ id, from, timestamp, type }, content),
        // Meta's messages of the system name no contact.
        ...(type === 'system' ? {} : { contactJson: contact }),
      })),
    );
    answer(response, 202, { ids });
  }

  private sendChange({ wabaId, field, value }: ChangeRequest, response: ServerResponse): void {
    if (this.isNobodyThere(response)) return;
    const time = Math.floor(Date.now() / 1_000);
    this.parts.sender.send({
      kind: 'change',
      wabaId,
      field,
      valueJson: JSON.stringify(value),
      time,
    });
    answer(response, 202, { wabaId, field });
  }

  private isNobodyThere(response: ServerResponse): boolean {
    if (this.parts.settings.current.url !== null) return false;
    refuse(response, 409, 'No URL to send to: PUT /_simulator/webhooks/settings');
    return true;
  }
}
