import { totalOf, type CpuByProcess } from './cpu';
import { goalsOf } from './goals';
import type { MeasuredProfile } from './measure';
import type { Machine, Report } from './report';

/** The report in Markdown; P is the baseline. */
export const markdown = (report: Report): string =>
  [
    machineLine(report.machine),
    profiles(report),
    goals(report),
    costs(report),
    webhookCosts(report),
    plans(report),
  ]
    .filter((part) => part !== '')
    .join('\n\n');

const machineLine = (on: Machine): string =>
  `${on.cpu}, ${on.cores} cores, ${on.memoryGb} GB, ${on.system}, Node ${on.node}, ${on.date}`;

function profiles({ baseline, standalone, cluster, stock }: Report): string {
  if (!baseline) return '';
  const profile = (name: string, measured: MeasuredProfile | undefined): string[][] =>
    measured
      ? [
          [
            name,
            whole(measured.maxPerSecond),
            `${twoPlaces(measured.maxRatioToBaseline)} x P`,
            twoPlaces(measured.p50At80Ms),
            `${twoPlaces(measured.p50RatioToBaseline)} x P`,
            twoPlaces(measured.p99At80Ms),
            twoPlaces(totalOf(measured.cpuMsPerMessage)),
          ],
        ]
      : [];
  const { maxPerSecond, p50At80Ms, p99At80Ms } = baseline;
  return tableOf(
    ['', 'most messages/s', '', 'p50 at 80/s, ms', '', 'p99 at 80/s, ms', 'CPU ms a message'],
    [
      [
        'P, a bare Fastify proxy',
        whole(maxPerSecond),
        '',
        twoPlaces(p50At80Ms),
        '',
        twoPlaces(p99At80Ms),
        '',
      ],
      ...profile('standalone', standalone),
      ...profile('cluster on Kafka', cluster),
      ...profile("chain of Nest's stock Kafka request-reply", stock),
    ],
  );
}

function goals(report: Report): string {
  const rows = goalsOf(report).map(({ what, goal, measured }) => [what, goal, measured]);
  return rows.length === 0 ? '' : tableOf(['', 'goal', 'measured'], rows);
}

function costs({ standalone, cluster }: Report): string {
  if (!standalone || !cluster) return '';
  return costTable('CPU ms a message', {
    standalone: standalone.cpuMsPerMessage,
    cluster: cluster.cpuMsPerMessage,
  });
}

function webhookCosts({ webhooks, webhooksStandalone }: Report): string {
  const columns = [
    ['standalone', webhooksStandalone],
    ['cluster', webhooks],
  ] as const;
  const costs = columns.flatMap(([profile, measured]) =>
    measured
      ? [measured.plain, measured.storm].map(
          ({ perSecond, cpuMsPerEvent }) => [`${profile}, ${perSecond}/s`, cpuMsPerEvent] as const,
        )
      : [],
  );
  if (costs.length === 0) return '';
  return costTable('CPU ms a webhook event', Object.fromEntries(costs));
}

function costTable(title: string, columns: Readonly<Record<string, CpuByProcess>>): string {
  const names = Object.values(columns).flatMap((column) => Object.keys(column));
  return tableOf(
    [title, ...Object.keys(columns)],
    [...new Set(names)]
      .sort()
      .map((name) => [
        name,
        ...Object.values(columns).map((column) => twoPlaces(column[name] ?? 0)),
      ]),
  );
}

function plans({ stored }: Report): string {
  if (!stored) return '';
  const scans = tableOf(
    ['table', 'sequential scans', 'index scans'],
    stored.scans.map((each) => [each.table, String(each.sequential), String(each.byIndex)]),
  );
  const texts = Object.entries(stored.plans).map(
    ([name, plan]) => `Plan of \`${name}\`:\n\n\`\`\`\n${plan}\n\`\`\``,
  );
  return [scans, ...texts].join('\n\n');
}

function tableOf(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]): string => `| ${cells.join(' | ')} |`;
  return [line(head), line(head.map(() => '---')), ...rows.map(line)].join('\n');
}

const whole = (value: number): string => value.toFixed(0);
const twoPlaces = (value: number): string => value.toFixed(2);
