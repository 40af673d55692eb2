/** What a process was started with; a plain record, so that tests give their own. */
export type Environment = Readonly<Record<string, string | undefined>>;

/** The one place that touches the environment of the process. */
export const processEnvironment = (): Environment => process.env;

/** Production refuses embedded parts, demo seeds and default secrets. */
export const isProduction = (environment: Environment = processEnvironment()): boolean =>
  environment.NODE_ENV === 'production';
