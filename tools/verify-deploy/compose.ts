import { SERVICES } from '@gateway/contracts';
import { stopTimeoutMs, type VariableSchema } from '@gateway/platform';
import { imageOf } from './code';
import { effective, environmentProblems, type GivenVariables } from './environment';
import { failing } from './manifest';
import { SERVICE_VARIABLES, SIMULATOR_VARIABLES, TOOL_VARIABLES } from './processes';
import { hasFixedTag } from './rules';

interface ComposeService {
  readonly image?: string;
  readonly build?: { readonly dockerfile?: string; readonly args?: { readonly APP?: string } };
  readonly command?: readonly string[];
  readonly environment?: Readonly<Record<string, unknown>>;
  readonly depends_on?: Readonly<Record<string, unknown>>;
  readonly ports?: readonly string[];
  readonly read_only?: boolean;
  readonly cap_drop?: readonly string[];
  readonly stop_grace_period?: string;
}

export interface ComposeFile {
  readonly services: Readonly<Record<string, ComposeService>>;
}

/** All that this file uses; a field that is not among them is taken for a typing error. */
const FIELDS: readonly string[] = [
  ...['image', 'build', 'command', 'environment', 'depends_on', 'ports', 'volumes', 'healthcheck'],
  ...['restart', 'read_only', 'tmpfs', 'cap_drop', 'security_opt', 'stop_grace_period'],
];

/** What each process of the product reads; the commands that prepare run in the image of some service. */
const PROCESSES: Readonly<Record<string, VariableSchema>> = {
  ...SERVICE_VARIABLES,
  ...TOOL_VARIABLES,
  'meta-simulator': SIMULATOR_VARIABLES,
};

/** The compose file runs every service of the pipeline, each built as itself, with the variables that it reads. */
export function composeProblems({ services }: ComposeFile, version: string): string[] {
  return [
    ...Object.keys(PROCESSES)
      .filter((name) => services[name] === undefined)
      .map((name) => `there is no ${name}`),
    ...Object.entries(services).flatMap(([name, service]) =>
      [
        ...formProblems(service, services),
        ...(PROCESSES[name] ? processProblems(name, service, version) : []),
      ].map((problem) => `${name}: ${problem}`),
    ),
  ].map((problem) => `docker/compose.yml: ${problem}`);
}

function formProblems(service: ComposeService, services: ComposeFile['services']): string[] {
  return [
    ...Object.keys(service)
      .filter((field) => !FIELDS.includes(field))
      .map((field) => `unknown field ${field}`),
    ...Object.keys(service.depends_on ?? {})
      .filter((name) => services[name] === undefined)
      .map((name) => `waits for ${name}, which is not there`),
    ...failing([
      [hasFixedTag(service.image), 'its image has no fixed tag'],
      [
        (service.ports ?? []).every((port) => port.startsWith('127.0.0.1:')),
        'is open to other machines',
      ],
    ]),
  ];
}

function processProblems(name: string, service: ComposeService, version: string): string[] {
  const schema = PROCESSES[name] ?? {};
  const isTool = name in TOOL_VARIABLES;
  const app = service.build?.args?.APP ?? '';
  const given: GivenVariables = new Map(
    Object.entries(service.environment ?? {}).map(([variable, value]) => [
      variable,
      { text: String(value), source: isShared(variable) ? 'shared' : 'own' },
    ]),
  );
  const apps = [...SERVICES, 'meta-simulator'];
  return [
    ...environmentProblems(schema, given),
    ...trialProblems(schema, given),
    ...failing([
      [isTool ? apps.includes(app) : app === name, 'is not built as itself'],
      [service.image === imageOf(app, version), `does not run ${imageOf(app, version)}`],
      [
        service.command?.join(' ') === (isTool ? `node dist/tools/${name}/main.js` : undefined),
        'runs something else than it is called',
      ],
      [service.read_only === true, 'has a writable root file system'],
      [service.cap_drop?.includes('ALL') === true, 'keeps capabilities'],
      [isTool || graceMs(service) >= stopMs(name, given), 'is killed before its end'],
    ]),
  ];
}

/** What comes with the file's common part, of which each process reads a part. */
const isShared = (name: string): boolean =>
  Object.values(PROCESSES).some((schema) =>
    Object.values(schema).some((variable) => variable.name === name),
  );

/** Keys are those that production refuses: nobody can take this file for an installation. */
const trialProblems = (schema: VariableSchema, given: GivenVariables): string[] =>
  Object.values(schema).flatMap((variable) => {
    const { name } = variable;
    const text = given.get(name)?.text;
    const isKey = /_(KEY|SECRET)$/.test(name) && text !== undefined;
    return isKey && !('problem' in variable.parse(text, true))
      ? [`${name} is not marked as for trials`]
      : [];
  });

const graceMs = ({ stop_grace_period: text = '10s' }: ComposeService): number =>
  Number(/^(\d+)s$/.exec(text)?.[1]) * 1_000;

const stopMs = (name: string, given: GivenVariables): number => {
  const schema = PROCESSES[name] ?? {};
  const variables = Object.values(schema).map((variable) => variable.name);
  if (!variables.includes('SHUTDOWN_DRAIN_MS')) return 0;
  return stopTimeoutMs({
    shutdownDrainMs: effective(schema, given, 'SHUTDOWN_DRAIN_MS'),
    hasHttp: variables.some((variable) => variable.endsWith('_HTTP_PORT')),
  });
};
