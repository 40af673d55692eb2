import type { Goal } from '../goal';
import type { WebhookLoad } from './measure-webhooks';
import type { Webhooks } from './webhooks';

/** p50 from Meta to the customer's socket, beside P's; one commit comes on top. */
const P50_RATIO_MAX = 2;
/** p99 beside endpoints that hang, fail and drip, as a multiple of that without them. */
const BESIDE_RATIO_MAX = 1.2;

/** The goals of Meta's webhooks in one profile. */
export function webhookGoals(profile: string, webhooks: Webhooks): readonly Goal[] {
  const { plain, plainBaseline, beside, storm, stormBaseline, commitMs } = webhooks;
  const p50MaxMs = P50_RATIO_MAX * plainBaseline.p50Ms + commitMs;
  return [
    {
      what: `webhook to the customer's socket, p50 at ${plain.perSecond}/s, ${profile}`,
      goal: `at most ${P50_RATIO_MAX} x P and a commit (${p50MaxMs.toFixed(2)} ms)`,
      measured: `${plain.p50Ms.toFixed(2)} ms, ${ratio(plain.p50Ms, plainBaseline.p50Ms)} x P`,
      reached: p50MaxMs / plain.p50Ms,
    },
    {
      what: `p99 beside one endpoint that hangs, one that fails and one that drips, ${profile}`,
      goal: `at most ${BESIDE_RATIO_MAX} x that without them`,
      measured: `${ratio(beside.p99Ms, plain.p99Ms)} x (${beside.p99Ms.toFixed(2)} to ${plain.p99Ms.toFixed(2)} ms; P ${plainBaseline.p99Ms.toFixed(2)})`,
      reached: (BESIDE_RATIO_MAX * plain.p99Ms) / beside.p99Ms,
    },
    once(`events at the other 47 endpoints, ${profile}`, beside),
    once(`${storm.perSecond} events/s for ${storm.seconds} s, ${profile}`, storm),
    {
      what: `durable at ${storm.perSecond}/s, ${profile}`,
      goal: '',
      measured: `p50 ${storm.durableP50Ms.toFixed(2)}, p99 ${storm.durableP99Ms.toFixed(2)} ms; P p50 ${stormBaseline.p50Ms.toFixed(2)}, p99 ${stormBaseline.p99Ms.toFixed(2)} ms`,
    },
    {
      what: `delivered at ${storm.perSecond}/s, ${profile}`,
      goal: '',
      measured: `p50 ${storm.p50Ms.toFixed(2)}, p99 ${storm.p99Ms.toFixed(2)} ms; the last one ${storm.lastAfterMs.toFixed(0)} ms after the load's end`,
    },
  ];
}

function once(what: string, { events, refused, missing, repeated }: WebhookLoad): Goal {
  const wrong = refused + missing + repeated;
  return {
    what,
    goal: 'each durable, and delivered once',
    measured: `${events} events, ${refused} refused, ${missing} missing, ${repeated} repeated`,
    reached: wrong === 0 ? 1 : 0,
  };
}

const ratio = (value: number, baseline: number): string => (value / baseline).toFixed(2);
