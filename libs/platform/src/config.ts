import { isProduction, processEnvironment, type Environment } from './environment';
import type { Variable } from './variable';

export type VariableSchema = Readonly<Record<string, Variable<unknown>>>;

export type ConfigOf<S extends VariableSchema> = {
  readonly [K in keyof S]: S[K] extends Variable<infer T> ? T : never;
};

/** Names every bad variable and why, never a value: it is printed as it is. */
export class ConfigError extends Error {
  constructor(readonly problems: readonly string[]) {
    super(`The configuration is not usable:\n${problems.map((line) => `  ${line}`).join('\n')}`);
    this.name = 'ConfigError';
  }
}

/**
 * Reads one typed object from the environment. A variable that is set to nothing counts as not set, as compose files
 * and manifests pass variables on that way. NODE_ENV=production, in the same environment, refuses keys for trials.
 *
 * @throws ConfigError with every problem at once
 */
export function loadConfig<S extends VariableSchema>(
  schema: S,
  environment: Environment = processEnvironment(),
): ConfigOf<S> {
  const problems: string[] = [];
  const entries = Object.entries(schema).map(([property, variable]) => {
    const text = environment[variable.name]?.trim();
    if (text === undefined || text === '') {
      if (variable.isRequired) problems.push(`${variable.name} is missing (${variable.doc})`);
      return [property, variable.default] as const;
    }
    const parsed = variable.parse(text, isProduction(environment));
    if ('problem' in parsed) {
      problems.push(`${variable.name} ${parsed.problem} (${variable.doc})`);
      return [property, undefined] as const;
    }
    return [property, parsed.value] as const;
  });
  if (problems.length > 0) throw new ConfigError(problems);
  return Object.freeze(Object.fromEntries(entries)) as ConfigOf<S>;
}

/** One variable, as `.env.example`, the manifests and the documentation are checked against it. */
export interface VariableDescription {
  readonly name: string;
  readonly doc: string;
  readonly isRequired: boolean;
  readonly isSecret: boolean;
  /** The default as it would stand in a file; absent without one. */
  readonly defaultText?: string;
}

export const describeVariables = (schema: VariableSchema): VariableDescription[] =>
  Object.values(schema).map(({ name, doc, isRequired, isSecret, default: fallback }) => ({
    name,
    doc,
    isRequired,
    isSecret,
    ...(fallback === undefined ? {} : { defaultText: textOf(fallback) }),
  }));

const textOf = (value: unknown): string => (Array.isArray(value) ? value.join(',') : String(value));
