import { Stack } from '@mantine/core';
import { SecretOnce } from '../../components/copy';

export interface Secrets {
  readonly secret?: string;
  readonly signingSecret?: string;
}

/** The two secrets of an endpoint: one comes with every request, the other signs it. */
export const NewSecrets = ({ secrets: { secret, signingSecret } }: { secrets: Secrets }) => (
  <Stack>
    {secret !== undefined && <SecretOnce name="Bearer secret" secret={secret} />}
    {signingSecret !== undefined && <SecretOnce name="Signing secret" secret={signingSecret} />}
  </Stack>
);
