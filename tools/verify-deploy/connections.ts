import { SERVICES, type ServiceName } from '@gateway/contracts';
import { effective, givenTo } from './environment';
import { find, podSpecOf, workloadOf, type Manifest } from './manifest';
import { SERVICE_VARIABLES } from './processes';

/** Connections of a process besides its pool: the relay of auth has one of its own. */
const APART: Readonly<Partial<Record<ServiceName, number>>> = { auth: 1 };
/** The Job that migrates: one for its lock, two for its statements. */
const MIGRATION_CONNECTIONS = 3;
/** Postgres' default of superuser_reserved_connections. */
const RESERVED_CONNECTIONS = 3;

/** Connections to Postgres at most, during a roll-out, when each service has its extra pods too. */
function connectionsMax(manifests: readonly Manifest[]): number {
  const ofServices = SERVICES.map((service) => connectionsOf(service, manifests));
  return ofServices.reduce((sum, each) => sum + each, MIGRATION_CONNECTIONS + RESERVED_CONNECTIONS);
}

function connectionsOf(service: ServiceName, manifests: readonly Manifest[]): number {
  const deployment = find(manifests, 'Deployment', `gateway-${service}`);
  const container = deployment && podSpecOf(deployment)?.containers[0];
  const schema = SERVICE_VARIABLES[service];
  const pool = Object.values(schema).find(({ name }) => name.endsWith('_DATABASE_POOL_MAX'));
  if (!pool || !container) return 0;
  const { replicas = 1, strategy } = workloadOf(deployment);
  const { maxSurge = '25%' } = strategy?.rollingUpdate ?? {};
  const surge =
    typeof maxSurge === 'number' ? maxSurge : Math.ceil((replicas * parseInt(maxSurge, 10)) / 100);
  const perPod = effective(schema, givenTo(container, manifests), pool.name);
  return (replicas + surge) * (perPod + (APART[service] ?? 0));
}

/** The sum over all pods stays below what the page for operators asks of Postgres. */
export function connectionProblems(manifests: readonly Manifest[], readme: string): string[] {
  const stated = /`max_connections = (\d+)`/.exec(readme)?.[1];
  if (stated === undefined) return ['k8s/README.md: states no `max_connections = N`'];
  const needed = connectionsMax(manifests);
  return needed <= Number(stated)
    ? []
    : [`k8s/README.md: the pools take ${needed} connections, Postgres has ${stated}`];
}
