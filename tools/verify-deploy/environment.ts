import type { VariableSchema } from '@gateway/platform';
import type { Container, Manifest } from './manifest';
import { NODE_VARIABLES } from './processes';

/** How a process gets one variable. */
interface GivenVariable {
  /** Absent when it is known in the cluster only: from a Secret, or a field of the pod. */
  readonly text?: string;
  readonly source: 'own' | 'shared' | 'secret';
  /** The Secret may lack it. */
  readonly isOptional?: boolean;
}

export type GivenVariables = ReadonlyMap<string, GivenVariable>;

/** What a container is given: of its ConfigMaps, and over them its own entries. */
export function givenTo(container: Container, manifests: readonly Manifest[]): GivenVariables {
  const given = new Map<string, GivenVariable>();
  for (const { configMapRef } of container.envFrom ?? []) {
    const { data = {} } = (manifests.find(
      ({ kind, metadata }) => kind === 'ConfigMap' && metadata.name === configMapRef?.name,
    ) ?? {}) as { data?: Readonly<Record<string, string>> };
    for (const [name, text] of Object.entries(data)) given.set(name, { text, source: 'shared' });
  }
  for (const { name, value, valueFrom } of container.env ?? []) {
    const secret = valueFrom?.secretKeyRef;
    given.set(
      name,
      secret
        ? { source: 'secret', isOptional: secret.optional === true }
        : { source: 'own', ...(value !== undefined && { text: value }) },
    );
  }
  return given;
}

/**
 * What a process is given, against what it reads: everything required and every value usable, nothing of its own that
 * it does not read. What is shared may be read by others only.
 */
export function environmentProblems(schema: VariableSchema, given: GivenVariables): string[] {
  const isProduction = given.get('NODE_ENV')?.text !== 'development';
  const variables = Object.values(schema);
  const names = new Set(variables.map(({ name }) => name));
  const problems = variables.flatMap((variable) => {
    const { name, isRequired } = variable;
    const found = given.get(name);
    if (found === undefined) return isRequired ? [`misses ${name}`] : [];
    if (isRequired && found.isOptional === true) return [`needs ${name}, which is optional`];
    if (found.text === undefined) return [];
    const parsed = variable.parse(found.text, isProduction);
    return 'problem' in parsed ? [`${name} ${parsed.problem}`] : [];
  });
  const unread = [...given]
    .filter(([name, { source }]) => source !== 'shared' && !names.has(name))
    .filter(([name]) => !NODE_VARIABLES.includes(name))
    .map(([name]) => `sets ${name}, which it does not read`);
  return [...problems, ...unread];
}

/** Every secret that a process reads comes from a Secret, those that may be missing too. */
export function secretProblems(schema: VariableSchema, given: GivenVariables): string[] {
  return Object.values(schema)
    .filter(({ isSecret }) => isSecret)
    .flatMap(({ name, isRequired }) => {
      const found = given.get(name);
      if (found === undefined) return isRequired ? [] : [`takes no ${name} from a Secret`];
      return found.source === 'secret' ? [] : [`has ${name} in clear`];
    });
}

/** The value that a process works with: given, or its default. */
export function effective(schema: VariableSchema, given: GivenVariables, name: string): number {
  const variable = Object.values(schema).find((each) => each.name === name);
  return Number(given.get(name)?.text ?? variable?.default);
}
