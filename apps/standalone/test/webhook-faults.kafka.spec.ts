import { describeWebhookFaults, killPostgres, type Harm } from './webhook-faults.suite';

const killOf =
  (service: string): Harm =>
  ({ gateway }) => {
    gateway.killService(service);
    return Promise.resolve();
  };

const killKafka: Harm = ({ gateway }) => {
  process.kill(gateway.cluster().kafka.pid, 'SIGKILL');
  return Promise.resolve();
};

describeWebhookFaults('cluster', 6, {
  'kill -9 of edge': killOf('edge'),
  'kill -9 of webhooks': killOf('webhooks'),
  'kill -9 of dispatcher': killOf('dispatcher'),
  'kill -9 of billing': killOf('billing'),
  'kill -9 of Kafka': killKafka,
  'kill -9 of Postgres': killPostgres,
});
