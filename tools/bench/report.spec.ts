import { goalsOf } from './goals';
import { picture } from './picture';
import { markdown } from './markdown';
import type { MeasuredProfile } from './measure';
import type { Report } from './report';
import { growth } from './soak';
import type { WebhookLoad } from './webhooks/measure-webhooks';
import { messagesFor } from './webhooks/status-load';
import type { Webhooks } from './webhooks/webhooks';

const profile: MeasuredProfile = {
  maxPerSecond: 1_000,
  p50At80Ms: 6,
  p99At80Ms: 20,
  maxRatioToBaseline: 0.425,
  p50RatioToBaseline: 1.5,
  cpuMsPerMessage: { edge: 0.2, kafka: 0.3 },
};

const report: Report = {
  machine: { cpu: 'cpu', cores: 2, memoryGb: 8, system: 'linux', node: 'v20', date: '2026-01-01' },
  baseline: { maxPerSecond: 2_000, p50At80Ms: 3, p99At80Ms: 9 },
  cluster: profile,
  stock: { ...profile, maxPerSecond: 100 },
  idle: { servicesPercent: 6, percentByProcess: { edge: 6 } },
};

describe('the report of a benchmark', () => {
  it('shows each goal beside what was measured, and by how much it is reached', () => {
    expect(goalsOf(report)).toEqual([
      expect.objectContaining({ goal: 'at least 0.85 x P', measured: '0.42 x P', reached: 0.5 }),
      expect.objectContaining({ goal: 'at most 3 x P', measured: '1.50 x P', reached: 2 }),
      expect.objectContaining({ goal: 'at most 3 % of a core', reached: 0.5 }),
      expect.objectContaining({ goal: 'at least 10 x', measured: '10.00 x', reached: 1 }),
    ]);
  });

  it('holds only what was measured', () => {
    const text = markdown(report);
    expect(text).toContain('cluster on Kafka | 1000');
    expect(text).not.toContain('| standalone');
    expect(markdown({ machine: report.machine })).toBe(
      'cpu, 2 cores, 8 GB, linux, Node v20, 2026-01-01',
    );
  });

  it('draws a bar for each goal, cut at twice the goal, with its text escaped', () => {
    const drawn = picture([
      { what: 'a < b', goal: '', measured: 'far', reached: 9 },
      { what: 'half', goal: '', measured: 'half', reached: 0.5 },
      { what: 'shown only', goal: '', measured: 'x' },
    ]);
    expect(drawn).toContain('a &lt; b');
    expect(drawn).toContain('width="320.0"');
    expect(drawn).toContain('width="80.0"');
    expect(drawn).not.toContain('shown only');
  });
});

const load = (perSecond: number, p50Ms: number, p99Ms: number): WebhookLoad => ({
  perSecond,
  seconds: 60,
  events: 60 * perSecond,
  refused: 0,
  durableP50Ms: 2,
  durableP99Ms: 9,
  p50Ms,
  p99Ms,
  maxMs: 100,
  missing: 0,
  repeated: 0,
  lastAfterMs: 20,
  cpuMsPerEvent: { webhooks: 0.3, kafka: 0.2 },
});

const webhooks: Webhooks = {
  plain: load(240, 6, 20),
  plainBaseline: { perSecond: 240, p50Ms: 1, p99Ms: 5 },
  beside: { ...load(240, 6, 30), repeated: 1 },
  storm: load(1_000, 10, 80),
  stormBaseline: { perSecond: 1_000, p50Ms: 1, p99Ms: 7 },
  commitMs: 1,
};

describe("the goals of Meta's webhooks", () => {
  it('are beside P, beside the run without broken endpoints, and each event once', () => {
    expect(goalsOf({ machine: report.machine, webhooks })).toEqual([
      expect.objectContaining({ measured: '6.00 ms, 6.00 x P', reached: 0.5 }),
      expect.objectContaining({ measured: '1.50 x (30.00 to 20.00 ms; P 5.00)', reached: 0.8 }),
      expect.objectContaining({
        measured: '14400 events, 0 refused, 0 missing, 1 repeated',
        reached: 0,
      }),
      expect.objectContaining({
        measured: '60000 events, 0 refused, 0 missing, 0 repeated',
        reached: 1,
      }),
      expect.objectContaining({ what: 'durable at 1000/s, cluster' }),
      expect.objectContaining({ what: 'delivered at 1000/s, cluster' }),
    ]);
  });

  it('come with what an event costs each process', () => {
    const text = markdown({ machine: report.machine, webhooks });
    expect(text).toContain('| CPU ms a webhook event | cluster, 240/s | cluster, 1000/s |');
    expect(text).toContain('| kafka | 0.20 | 0.20 |');
  });

  it('need as many messages as there are statuses to tell, each once', () => {
    expect(messagesFor(300, 10)).toBe(1_000 + 2 * 50);
  });
});

describe('memory under load', () => {
  it('grows by the last third beside the middle third, whatever the start took', () => {
    const samples = [500, 500, 100, 100, 110, 110].map((edge) => ({ edge, generator: 1 }));
    expect(growth(samples)).toEqual({ edge: 1.1 });
  });
});
