import { describeWebhookFaults, killPostgres } from './webhook-faults.suite';

describeWebhookFaults('standalone', 12, {
  'kill -9 of the one process': async ({ gateway }) => {
    await gateway.kill();
    await gateway.launch();
  },
  'kill -9 of Postgres': killPostgres,
});
