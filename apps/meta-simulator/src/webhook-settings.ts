/** Where webhooks go, and how. */
export interface WebhookSettingsValues {
  /** Null: nobody is told anything. */
  readonly url: string | null;
  /** Signs what is sent. */
  readonly appSecret: string;
  /** Whether accepted messages get statuses by themselves. */
  readonly hasStatuses: boolean;
  /** Milliseconds from the acceptance to the first, second and third status. */
  readonly delaysMs: readonly [number, number, number];
  /** Updates in one webhook at most. */
  readonly batchMax: number;
  /** How often each webhook is sent. */
  readonly copies: number;
  /** Whether updates leave in another order than they came. */
  readonly isShuffled: boolean;
  /** Longest time between two attempts; Meta's own grows to hours. */
  readonly retryMaxMs: number;
}

export const DEFAULT_SETTINGS: WebhookSettingsValues = {
  url: null,
  appSecret: '',
  hasStatuses: true,
  delaysMs: [200, 600, 1_500],
  batchMax: 1,
  copies: 1,
  isShuffled: false,
  retryMaxMs: 15_000,
};

type Check = (value: unknown) => boolean;

const isBoolean: Check = (value) => typeof value === 'boolean';
const isInteger =
  (min: number, max: number): Check =>
  (value) =>
    Number.isSafeInteger(value) && Number(value) >= min && Number(value) <= max;
const DELAY_MS_MAX = 3_600_000;
const isDelay = isInteger(0, DELAY_MS_MAX);

const CHECKS: Readonly<Record<keyof WebhookSettingsValues, readonly [Check, string]>> = {
  url: [(value) => value === null || isHttpUrl(value), 'url is a URL of http or https, or null'],
  appSecret: [(value) => typeof value === 'string' && value !== '', 'appSecret is text'],
  hasStatuses: [isBoolean, 'hasStatuses is true or false'],
  delaysMs: [
    (value) => Array.isArray(value) && value.length === 3 && value.every(isDelay),
    `delaysMs are three integers from 0 to ${DELAY_MS_MAX}`,
  ],
  batchMax: [isInteger(1, 1_000), 'batchMax is an integer from 1 to 1000'],
  copies: [isInteger(1, 10), 'copies is an integer from 1 to 10'],
  isShuffled: [isBoolean, 'isShuffled is true or false'],
  retryMaxMs: [isInteger(0, DELAY_MS_MAX), `retryMaxMs is an integer from 0 to ${DELAY_MS_MAX}`],
};

const isHttpUrl = (value: unknown): boolean =>
  typeof value === 'string' && URL.canParse(value) && /^https?:$/.test(new URL(value).protocol);

/** The settings, which the control endpoint changes while all goes on. */
export class WebhookSettings {
  constructor(private values: WebhookSettingsValues) {}

  get current(): WebhookSettingsValues {
    return this.values;
  }

  /** Changes what is given; what is wrong with it, when something is. */
  change(given: unknown): string | null {
    if (typeof given !== 'object' || given === null) return 'The body must be a JSON object';
    for (const [name, value] of Object.entries(given)) {
      if (!Object.hasOwn(CHECKS, name)) {
        return `Unknown field ${name}; known are ${Object.keys(CHECKS).join(', ')}`;
      }
      const [isRight, help] = CHECKS[name as keyof WebhookSettingsValues];
      if (!isRight(value)) return help;
    }
    this.values = { ...this.values, ...given };
    return null;
  }
}
