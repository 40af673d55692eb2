/** What is known of an endpoint that fails; everything since its last success. */
export interface FailingEndpoint {
  readonly failures: number;
  /** From the first failure to now, and to the last failure. */
  readonly failingForMs: number;
  readonly spanMs: number;
  /** The stage whose notice was given last; 0 for none. */
  readonly stage: number;
}

export type NoticeKind =
  | 'failing'
  | 'failing_1_day'
  | 'failing_3_days'
  | 'disabled_failing'
  | 'disabled_gone'
  | 'disabled_asked_by_receiver';

export interface HealthStep {
  readonly stage: number;
  readonly notice: NoticeKind;
  readonly isDisabling: boolean;
}

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;
const FAILURES_TO_WARN = 10;
const SPAN_TO_DISABLE_MS = 12 * HOUR_MS;
const DISABLING_STAGE = 4;

/**
 * What a failure leads to: a warning after 10 in a row or an hour, after a day, after three; the end after five days
 * without a success, when there were failures at least 12 hours apart. Null: nothing that was not said before.
 */
export function healthStep(endpoint: FailingEndpoint): HealthStep | null {
  const step = reached(endpoint);
  return step && step.stage > endpoint.stage ? step : null;
}

function reached({ failures, failingForMs, spanMs }: FailingEndpoint): HealthStep | null {
  if (failingForMs >= 5 * DAY_MS && failures >= 2 && spanMs >= SPAN_TO_DISABLE_MS) {
    return { stage: DISABLING_STAGE, notice: 'disabled_failing', isDisabling: true };
  }
  if (failingForMs >= 3 * DAY_MS) return warning(3, 'failing_3_days');
  if (failingForMs >= DAY_MS) return warning(2, 'failing_1_day');
  const isWorthAWord = failures >= FAILURES_TO_WARN || failingForMs >= HOUR_MS;
  return isWorthAWord ? warning(1, 'failing') : null;
}

const warning = (stage: number, notice: NoticeKind): HealthStep => ({
  stage,
  notice,
  isDisabling: false,
});
