import { renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { ServiceProcess } from './service-process';

interface ClusterState {
  readonly kafkaBrokers: string;
  readonly kafkaPid: number | undefined;
  readonly httpPort: number;
}

/** Writes `cluster.json`: which process is which, for whoever wants to stop, kill or watch one. */
export function writeClusterState(
  dataDir: string,
  state: ClusterState,
  services: readonly ServiceProcess[],
): void {
  const document = {
    kafka: { brokers: state.kafkaBrokers, pid: state.kafkaPid },
    services: services.map(({ service, ordinal, pid, healthUrl }) => ({
      service,
      ordinal,
      pid,
      healthUrl,
      ...(service === 'edge' && { httpUrl: `http://127.0.0.1:${state.httpPort + ordinal}` }),
    })),
  };
  const path = join(dataDir, 'cluster.json');
  writeFileSync(`${path}.new`, `${JSON.stringify(document, null, 2)}\n`);
  renameSync(`${path}.new`, path); // whoever reads it meanwhile finds a whole one
}
