import { totalOf } from './cpu';
import type { Goal } from './goal';
import type { Load } from './measure';
import type { Report } from './report';
import { webhookGoals } from './webhooks/webhook-goals';

type Part = (report: Report) => readonly Goal[];

/** The goals of everything that the report holds. */
export const goalsOf = (report: Report): readonly Goal[] =>
  [ofProfiles, ofCluster, ofStock, ofVariants, ofLogins, ofStored, ofSoak, ofWebhooks].flatMap(
    (part) => part(report),
  );

const ofProfiles: Part = ({ standalone, cluster }) => [
  ...(standalone
    ? [
        atLeast('most messages/s, standalone', 1.2, standalone.maxRatioToBaseline, ' x P'),
        atMost('p50 at 80/s, standalone', 1.5, standalone.p50RatioToBaseline, ' x P'),
      ]
    : []),
  ...(cluster
    ? [
        atLeast('most messages/s, cluster', 0.85, cluster.maxRatioToBaseline, ' x P'),
        atMost('p50 at 80/s, cluster', 3, cluster.p50RatioToBaseline, ' x P'),
      ]
    : []),
];

const ofCluster: Part = ({ atHalf, idle }) => [
  ...(atHalf
    ? [
        atMost(
          `p99 at half of the most messages/s (${atHalf.perSecond}/s), cluster`,
          10,
          atHalf.p99RatioToBaseline,
          ' x P',
        ),
      ]
    : []),
  ...(idle ? [atMost('idle, all services together', 3, idle.servicesPercent, ' % of a core')] : []),
];

const ofStock: Part = ({ cluster, stock }) =>
  cluster && stock
    ? [
        atLeast(
          'most messages/s, cluster beside the stock chain',
          10,
          cluster.maxPerSecond / stock.maxPerSecond,
          ' x',
        ),
      ]
    : [];

const ofVariants: Part = ({ tenants, hot }) => [
  ...(tenants
    ? [
        shown('1,000 keys of 1,000 organizations, closed loop', tenants.variant),
        shown('50 keys beside it', tenants.usual),
      ]
    : []),
  ...(hot
    ? [shown('one hot organization', hot.variant), shown('50 organizations beside it', hot.usual)]
    : []),
];

const ofLogins: Part = ({ logins }) =>
  logins
    ? [
        atMost(
          `p99 of sends at ${logins.perSecond}/s beside ${logins.loginsPerSecond} attempts to sign in a second`,
          1.25,
          logins.p99Ratio,
          ' x without',
        ),
        atMost('p99 of the refusal of such an attempt', 100, logins.flood.refusedP99Ms, ' ms'),
      ]
    : [];

const ofStored: Part = ({ stored }) =>
  stored
    ? [
        atMost(
          `cost of a message with ${stored.rows} messages and 100,000 keys stored (${stored.variant.failed} failed)`,
          1.1,
          stored.costRatio,
          ' x empty',
        ),
      ]
    : [];

const ofSoak: Part = ({ soak }) =>
  soak
    ? Object.entries(soak.growthByProcess).map(([name, growth]) =>
        atMost(
          `memory of ${name}, ${soak.seconds} s at ${soak.perSecond}/s (${soak.failed} failed)`,
          1.05,
          growth,
          ' x middle third',
        ),
      )
    : [];

const ofWebhooks: Part = ({ webhooks, webhooksStandalone }) => [
  ...(webhooksStandalone ? webhookGoals('standalone', webhooksStandalone) : []),
  ...(webhooks ? webhookGoals('cluster', webhooks) : []),
];

const atLeast = (what: string, goal: number, value: number, unit: string): Goal => ({
  what,
  goal: `at least ${goal}${unit}`,
  measured: `${value.toFixed(2)}${unit}`,
  reached: value / goal,
});

const atMost = (what: string, goal: number, value: number, unit: string): Goal => ({
  what,
  goal: `at most ${goal}${unit}`,
  measured: `${value.toFixed(2)}${unit}`,
  reached: goal / value,
});

function shown(what: string, { perSecond, p50Ms, p99Ms, cpuMsPerMessage, failed }: Load): Goal {
  const latency =
    p50Ms === undefined || p99Ms === undefined
      ? ''
      : `, p50 ${p50Ms.toFixed(2)}, p99 ${p99Ms.toFixed(2)} ms`;
  const cost = totalOf(cpuMsPerMessage).toFixed(2);
  return {
    what,
    goal: '',
    measured: `${perSecond.toFixed(0)}/s${latency}, ${cost} CPU ms a message, ${failed} failed`,
  };
}
