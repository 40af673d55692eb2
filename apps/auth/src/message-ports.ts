import { createTransport, type Transporter } from 'nodemailer';
import { request } from 'undici';
import type { AuthConfig } from './auth.config';
import type { Notice } from './notices.service';

/** Brings one notice to its reader. */
interface NoticePort {
  /** @throws Error when it was not taken; it is tried again */
  send(notice: Notice): Promise<void>;
}

export interface NoticePorts {
  /** Null: nobody was told how. */
  readonly mail: NoticePort | null;
  readonly otp: NoticePort | null;
}

const TIMEOUT_MS = 5_000;

/** How mails and codes leave this installation: as configured, else into the simulator's outbox. */
export function noticePorts(config: AuthConfig): NoticePorts {
  const { outboxUrl, smtpUrl } = config;
  const outbox = (kind: 'mail' | 'otp') =>
    outboxUrl === undefined ? null : new OutboxPort(outboxUrl, kind);
  return {
    mail: smtpUrl === undefined ? outbox('mail') : new SmtpPort(smtpUrl, config.mailFrom),
    otp: whatsAppPort(config) ?? outbox('otp'),
  };
}

class SmtpPort implements NoticePort {
  private readonly transport: Transporter;

  constructor(
    url: string,
    private readonly from: string,
  ) {
    this.transport = createTransport(url, { from });
  }

  async send({ to, subject, text }: Notice): Promise<void> {
    await this.transport.sendMail({ from: this.from, to, subject, text });
  }
}

/** The simulator prints what it gets, for an installation without mail and without a number of its own. */
class OutboxPort implements NoticePort {
  constructor(
    private readonly url: string,
    private readonly kind: 'mail' | 'otp',
  ) {}

  async send(notice: Notice): Promise<void> {
    await post(`${this.url}/_simulator/outbox`, { kind: this.kind, ...notice }, {});
  }
}

function whatsAppPort(config: AuthConfig): NoticePort | null {
  const { otpPhoneNumberId, otpAccessToken, otpTemplate, otpTemplateLanguage } = config;
  if (otpPhoneNumberId === undefined || otpAccessToken === undefined) return null;
  const url = `${config.metaBaseUrl}/${config.metaApiVersion}/${otpPhoneNumberId}/messages`;
  return {
    send: ({ to, text: code }) =>
      post(url, templateOf(to, code, { name: otpTemplate, language: otpTemplateLanguage }), {
        authorization: `Bearer ${otpAccessToken}`,
      }),
  };
}

/** An authentication template has the code in its body and in its button. */
const templateOf = (
  to: string,
  code: string,
  { name, language }: { readonly name: string; readonly language: string },
): object => {
  const parameters = [{ type: 'text', text: code }];
  return {
    messaging_product: 'whatsapp',
    to: to.replace('+', ''),
    type: 'template',
    template: {
      name,
      language: { code: language },
      components: [
        { type: 'body', parameters },
        { type: 'button', sub_type: 'url', index: '0', parameters },
      ],
    },
  };
};

async function post(url: string, body: object, headers: Record<string, string>): Promise<void> {
  const { statusCode, body: answer } = await request(url, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...headers },
    body: JSON.stringify(body),
    headersTimeout: TIMEOUT_MS,
    bodyTimeout: TIMEOUT_MS,
  });
  await answer.dump();
  if (statusCode >= 300) throw new Error(`the notice was answered with ${statusCode}`);
}
