import { chmodSync, existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import type { EndpointSettings } from './gateway';

/** What the receiver must remember beyond its own end. */
export interface ListenState {
  readonly endpointId: string;
  /** Null: not known. */
  readonly signingSecret: string | null;
  /** What is to be put back; null: there was nothing. */
  readonly before: EndpointSettings | null;
  /** The receiver stands in the endpoint's place. */
  readonly isEntered: boolean;
}

/** `data/listen.json`, readable by the owner alone: it holds a secret. */
export class StateFile {
  constructor(private readonly path: string) {}

  read(): ListenState | null {
    if (!existsSync(this.path)) return null;
    return JSON.parse(readFileSync(this.path, 'utf8')) as ListenState;
  }

  write(state: ListenState): void {
    writeFileSync(this.path, `${JSON.stringify(state, null, 2)}\n`, { mode: 0o600 });
    chmodSync(this.path, 0o600); // the mode above counts only when the file is new
  }

  remove(): void {
    rmSync(this.path, { force: true });
  }
}
