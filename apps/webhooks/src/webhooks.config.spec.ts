import { loadConfig } from '@gateway/platform';
import { WEBHOOKS_VARIABLES, checkWebhooksConfig } from './webhooks.config';

const KEY = '77'.repeat(32);
const configOf = (more: Record<string, string>) =>
  loadConfig(WEBHOOKS_VARIABLES, {
    DATABASE_URL: 'postgres://gateway_webhooks:x@localhost/gateway',
    WEBHOOK_SECRETS_KEY: KEY,
    COMMAND_SEALING_KEY: KEY,
    ...more,
  });

describe('the configuration of webhooks', () => {
  it('refuses the loopback range in production', () => {
    const config = configOf({ WEBHOOK_ALLOW_LOOPBACK: 'true' });
    expect(() => {
      checkWebhooksConfig(config, { NODE_ENV: 'production' });
    }).toThrow(/WEBHOOK_ALLOW_LOOPBACK must not be true in production/);
    expect(() => {
      checkWebhooksConfig(config, {});
    }).not.toThrow();
    expect(configOf({}).allowLoopback).toBe(false);
  });

  it.each([
    [{ WEBHOOK_LEASE_MS: '9000', WEBHOOK_TIMEOUT_MS: '5000' }, /twice WEBHOOK_TIMEOUT_MS/],
    [{ WEBHOOK_ALLOW_CIDRS: '10.0.0.0/8,everything' }, /WEBHOOK_ALLOW_CIDRS must be networks/],
    [{ WEBHOOK_OWN_PORTS: '8080,http' }, /WEBHOOK_OWN_PORTS must be ports/],
  ])('refuses what contradicts itself: %j', (more, problem) => {
    expect(() => {
      checkWebhooksConfig(configOf(more), {});
    }).toThrow(problem);
  });
});
