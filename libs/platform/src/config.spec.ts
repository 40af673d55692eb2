import { ConfigError, describeVariables, loadConfig } from './config';
import { ed25519PublicBytes } from './ed25519';
import { variable } from './variable';

const SCHEMA = {
  name: variable.text('APP_NAME', { doc: 'name', pattern: /^[a-z]+$/ }),
  poolMax: variable.integer('POOL_MAX', { doc: 'connections', default: 8, min: 1, max: 100 }),
  httpPort: variable.port('HTTP_PORT', { doc: 'public port', default: 3000 }),
  isVerbose: variable.boolean('VERBOSE', { doc: 'talks more', default: false }),
  metaBaseUrl: variable.url('META_BASE_URL', { doc: 'Graph API', protocols: ['https'] }),
  pepper: variable.secret('KEY_PEPPER', { doc: 'pepper', bytesMin: 32 }),
  sealingKey: variable.key('SEALING_KEY', { doc: 'key', optional: true }),
  level: variable.oneOf('LOG_LEVEL', ['info', 'debug'], { doc: 'level', default: 'info' }),
  brokers: variable.list('KAFKA_BROKERS', { doc: 'brokers', optional: true }),
};

const GOOD = {
  APP_NAME: 'edge',
  META_BASE_URL: 'https://graph.facebook.com/',
  KEY_PEPPER: 'p'.repeat(32),
};

function problemsOf(environment: Record<string, string | undefined>): readonly string[] {
  try {
    loadConfig(SCHEMA, environment);
  } catch (error) {
    if (error instanceof ConfigError) return error.problems;
    throw error;
  }
  return [];
}

describe('loadConfig', () => {
  it('gives one typed object with defaults', () => {
    const config = loadConfig(SCHEMA, {
      ...GOOD,
      POOL_MAX: '20',
      VERBOSE: 'true',
      SEALING_KEY: 'ab'.repeat(32),
      KAFKA_BROKERS: 'one:9092, two:9092',
    });
    const poolMax: number = config.poolMax;
    const level: 'info' | 'debug' = config.level;
    const sealingKey: Buffer | undefined = config.sealingKey;
    expect([poolMax, level, sealingKey?.length]).toEqual([20, 'info', 32]);
    expect(config).toMatchObject({
      name: 'edge',
      httpPort: 3000,
      isVerbose: true,
      metaBaseUrl: 'https://graph.facebook.com',
      brokers: ['one:9092', 'two:9092'],
    });
    expect(Object.isFrozen(config)).toBe(true);
  });

  it('counts a variable that is set to nothing as not set', () => {
    expect(loadConfig(SCHEMA, { ...GOOD, POOL_MAX: '', KAFKA_BROKERS: ' ' })).toMatchObject({
      poolMax: 8,
      brokers: undefined,
    });
  });

  it('names every bad variable at once and never a value', () => {
    const bad = {
      APP_NAME: 'Canary1',
      POOL_MAX: '1000',
      HTTP_PORT: '65536',
      VERBOSE: 'canary',
      META_BASE_URL: 'http://canary',
      KEY_PEPPER: 'canary',
      SEALING_KEY: 'canary',
      LOG_LEVEL: 'canary',
      KAFKA_BROKERS: 'canary,,',
    };
    const problems = problemsOf(bad);
    expect(problems.map((line) => line.split(' ', 1)[0])).toEqual(Object.keys(bad));
    expect(problems.join('\n')).not.toMatch(/canary/i);
  });

  it('names what is missing', () => {
    expect(problemsOf({}).map((line) => line.split(' ', 3).join(' '))).toEqual([
      'APP_NAME is missing',
      'META_BASE_URL is missing',
      'KEY_PEPPER is missing',
    ]);
  });

  it.each(['1.5', '0x10', '1e3', 'NaN', '12345678901234567', '__proto__'])(
    'refuses %s as a whole number',
    (text) => {
      expect(problemsOf({ ...GOOD, POOL_MAX: text })).toHaveLength(1);
    },
  );

  it('refuses the public key that anybody can sign for in production', () => {
    const published = ed25519PublicBytes(Buffer.from('trial only, not for production 5'));
    const environment = { ...GOOD, SEALING_KEY: published.toString('base64') };
    expect(problemsOf({ ...environment, NODE_ENV: 'production' })).toHaveLength(1);
    expect(problemsOf(environment)).toEqual([]);
  });

  it.each(['base64', 'hex'] as const)('refuses a key for trials in production, as %s', (form) => {
    const trial = Buffer.from('trial only, not for production 1').toString(form);
    const own = Buffer.from('not for trial only, but of my own').subarray(0, 32).toString(form);
    const production = { ...GOOD, NODE_ENV: 'production' };
    const problems = problemsOf({ ...production, SEALING_KEY: trial });
    expect(problems.map((line) => line.split(' ', 5).join(' '))).toEqual([
      'SEALING_KEY is a published key',
    ]);
    expect(problems.join()).not.toContain(trial);
    expect(problemsOf({ ...production, SEALING_KEY: own })).toEqual([]);
    expect(problemsOf({ ...GOOD, NODE_ENV: 'development', SEALING_KEY: trial })).toEqual([]);
    expect(problemsOf({ ...GOOD, SEALING_KEY: trial })).toEqual([]);
  });

  it('refuses a secret for trials in production', () => {
    const trial = { ...GOOD, KEY_PEPPER: 'trial only, and everybody has read it' };
    expect(problemsOf({ ...trial, NODE_ENV: 'production' })).toEqual([
      'KEY_PEPPER is a published secret for trials (pepper)',
    ]);
    expect(problemsOf(trial)).toEqual([]);
  });

  it('does not take a property of every object for a boolean', () => {
    expect(problemsOf({ ...GOOD, VERBOSE: 'constructor' })).toHaveLength(1);
  });
});

describe('describeVariables', () => {
  it('tells name, meaning, default and whether it is secret', () => {
    const described = describeVariables(SCHEMA);
    expect(described).toContainEqual({
      name: 'POOL_MAX',
      doc: 'connections',
      isRequired: false,
      isSecret: false,
      defaultText: '8',
    });
    expect(described).toContainEqual({
      name: 'KEY_PEPPER',
      doc: 'pepper',
      isRequired: true,
      isSecret: true,
    });
  });
});
