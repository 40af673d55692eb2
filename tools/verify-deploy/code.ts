import { SERVICES, type ServiceName } from '@gateway/contracts';
import { HEALTH_PATHS, stopTimeoutMs, type VariableSchema } from '@gateway/platform';
import {
  effective,
  environmentProblems,
  givenTo,
  secretProblems,
  type GivenVariables,
} from './environment';
import {
  failing,
  find,
  labelOf,
  podLabelsOf,
  podSpecOf,
  selects,
  workloadOf,
  type Container,
  type Manifest,
  type Probe,
} from './manifest';
import { SERVICE_VARIABLES, TOOL_VARIABLES } from './processes';

const JOBS = ['migrate', 'topics'] as const;

export const imageOf = (app: string, version: string): string =>
  `whatsapp-gateway/${app}:${version}`;

/** What the manifests run, set and open, against what the services read, listen on and need for their end. */
export function codeProblems(manifests: readonly Manifest[], version: string): string[] {
  const expected = [
    ...SERVICES.map((service) => `Deployment gateway-${service}`),
    ...JOBS.map((job) => `Job gateway-${job}`),
  ];
  return [
    ...manifests
      .filter(({ kind }) => ['Deployment', 'Job', 'StatefulSet', 'CronJob'].includes(kind))
      .filter((manifest) => !expected.includes(labelOf(manifest)))
      .map((manifest) => `${labelOf(manifest)}: no process of this product`),
    ...SERVICES.flatMap((service) => serviceProblems(service, manifests, version)),
    ...JOBS.flatMap((job) => jobProblems(job, manifests, version)),
    ...unreadProblems(manifests),
  ];
}

/** Everything that is shared is read by somebody, is no secret, and is for production. */
function unreadProblems(manifests: readonly Manifest[]): string[] {
  const schemas = [...Object.values(SERVICE_VARIABLES), ...Object.values(TOOL_VARIABLES)];
  const variables = schemas.flatMap((schema) => Object.values(schema));
  return manifests
    .filter(({ kind }) => kind === 'ConfigMap')
    .flatMap(({ data = {} }) => Object.entries(data as Readonly<Record<string, string>>))
    .flatMap(([name, value]) => {
      if (name === 'NODE_ENV') return value === 'production' ? [] : ['NODE_ENV is not production'];
      const readers = variables.filter((variable) => variable.name === name);
      if (readers.length === 0) return [`nobody reads ${name}`];
      return readers.some(({ isSecret }) => isSecret) ? [`has ${name} in clear`] : [];
    })
    .map((problem) => `ConfigMap gateway: ${problem}`);
}

function serviceProblems(
  service: ServiceName,
  manifests: readonly Manifest[],
  version: string,
): string[] {
  const deployment = find(manifests, 'Deployment', `gateway-${service}`);
  const pod = deployment && podSpecOf(deployment);
  const container = pod?.containers[0];
  if (!deployment || !container) return [`there is no Deployment of ${service}`];
  const schema = SERVICE_VARIABLES[service];
  const given = givenTo(container, manifests);
  const ports = portsOf(schema, given);
  const stopMs = stopTimeoutMs({
    shutdownDrainMs: effective(schema, given, 'SHUTDOWN_DRAIN_MS'),
    hasHttp: ports.http !== undefined,
  });
  return [
    ...environmentProblems(schema, given),
    ...secretProblems(schema, given),
    ...portProblems(ports, container),
    ...probeProblems(container),
    ...(ports.http === undefined ? [] : publicPortProblems(deployment, manifests)),
    ...topicProblems(deployment, container, given),
    ...failing([
      [container.image === imageOf(service, version), `does not run ${imageOf(service, version)}`],
      [container.command === undefined, 'runs something else than its image'],
      [
        (pod.terminationGracePeriodSeconds ?? 30) * 1_000 >= stopMs,
        `is killed before its end, which takes up to ${stopMs / 1_000} s`,
      ],
    ]),
  ].map((problem) => `${labelOf(deployment)}: ${problem}`);
}

type Ports = Readonly<Partial<Record<'http' | 'health', number>>>;

/** The ports that a service listens on, by the names that its pod gives them. */
function portsOf(schema: VariableSchema, given: GivenVariables): Ports {
  const entries = Object.values(schema).flatMap(({ name }) => {
    const kind = /_(HTTP|HEALTH)_PORT$/.exec(name)?.[1]?.toLowerCase();
    return kind === undefined ? [] : [[kind, effective(schema, given, name)] as const];
  });
  return Object.fromEntries(entries);
}

/** Every port that the service listens on is opened under its name, and no other. */
function portProblems(ports: Ports, container: Container): string[] {
  const text = (entries: readonly (readonly [string, number])[]): string =>
    entries
      .map(([name, port]) => `${name} ${port}`)
      .sort()
      .join(', ');
  const opens = text(
    (container.ports ?? []).map(({ name = 'unnamed', containerPort }) => [name, containerPort]),
  );
  const listens = text(Object.entries(ports));
  return failing([[opens === listens, `opens ports ${opens}; listens on ${listens}`]]);
}

function probeProblems(container: Container): string[] {
  const asks = (probe: Probe | undefined, path: string): boolean =>
    probe?.httpGet?.path === path && probe.httpGet.port === 'health';
  return failing([
    [asks(container.startupProbe, HEALTH_PATHS.live), 'has no startup probe that asks for life'],
    [asks(container.livenessProbe, HEALTH_PATHS.live), 'has no liveness probe that asks for life'],
    [asks(container.readinessProbe, HEALTH_PATHS.ready), 'has no probe of readiness'],
  ]);
}

function publicPortProblems(deployment: Manifest, manifests: readonly Manifest[]): string[] {
  const hasService = manifests.some(({ kind, spec }) => {
    const { selector = {} } = (spec ?? {}) as { selector?: Readonly<Record<string, string>> };
    return kind === 'Service' && selects(selector, podLabelsOf(deployment));
  });
  return failing([[hasService, 'has a public port and no Service']]);
}

/** A pod's place at Kafka and the stores that its replicas share. */
function topicProblems(
  deployment: Manifest,
  container: Container,
  given: GivenVariables,
): string[] {
  const { replicas = 1 } = workloadOf(deployment);
  const clientId = container.env?.find(({ name }) => name === 'KAFKA_CLIENT_ID')?.valueFrom;
  const partitions = Number(given.get('KAFKA_PATH_PARTITIONS')?.text ?? 0);
  return failing([
    [
      clientId?.fieldRef?.fieldPath === 'metadata.name',
      'KAFKA_CLIENT_ID is not the name of the pod',
    ],
    [given.get('KAFKA_PATH_PARTITIONS')?.source !== 'own', 'has a partition count of its own'],
    [replicas <= partitions, `has more replicas than partitions, which are ${partitions}`],
    [
      given.get('REDIS_URL')?.isOptional !== true || replicas === 1,
      'its replicas count apart without REDIS_URL',
    ],
  ]);
}

/** The commands that prepare an installation, with the variables that the code reads; topics come from its list. */
function jobProblems(
  name: (typeof JOBS)[number],
  manifests: readonly Manifest[],
  version: string,
): string[] {
  const job = find(manifests, 'Job', `gateway-${name}`);
  const container = job && podSpecOf(job)?.containers[0];
  if (!job || !container) return [`there is no Job of ${name}`];
  const schema = TOOL_VARIABLES[name];
  const given = givenTo(container, manifests);
  return [
    ...environmentProblems(schema, given),
    ...secretProblems(schema, given),
    ...failing([
      [container.command?.join(' ') === `node dist/tools/${name}/main.js`, `does not run ${name}`],
      [
        SERVICES.some((service) => container.image === imageOf(service, version)),
        `runs no image of version ${version}`,
      ],
      [
        name !== 'topics' || given.get('KAFKA_PATH_PARTITIONS')?.source === 'shared',
        'makes topics with other partitions than the services expect',
      ],
      [
        job.metadata.labels?.['app.kubernetes.io/component'] === 'setup',
        'is not marked as set-up, which runs first',
      ],
    ]),
  ].map((problem) => `${labelOf(job)}: ${problem}`);
}
