import { Badge, Code, Table, Text } from '@mantine/core';
import { useRevokeKey } from '../../api/queries/applications';
import type { ApiKey } from '../../api/types';
import { ConfirmButton } from '../../components/confirm-button';
import { Status } from '../../components/status';
import { DataTable } from '../../components/table';
import { useNow } from '../../components/use-now';
import { When } from '../../components/when';
import { keyPlaceholder } from '../../domain/curl';

const COLUMNS = ['Name', 'Key', 'State', 'Limits', 'Last used', 'Actions'];

export const KeysTable = ({ appId, keys }: { appId: string; keys: readonly ApiKey[] }) => (
  <DataTable label="API keys" columns={COLUMNS} minWidth={760}>
    {keys.map((key) => (
      <KeyRow key={key.id} appId={appId} apiKey={key} />
    ))}
  </DataTable>
);

function KeyRow({ appId, apiKey }: { appId: string; apiKey: ApiKey }) {
  const revoke = useRevokeKey(appId, apiKey.id);
  const { name, environment, lastUsedAt } = apiKey;
  return (
    <Table.Tr>
      <Table.Td>
        <Text size="sm" fw={500}>
          {name}
        </Text>
        <Badge variant="default" size="xs" radius="sm" mt={2} tt="none">
          {environment}
        </Badge>
      </Table.Td>
      <Table.Td>
        <Code bg="var(--app-code)">{keyPlaceholder(apiKey)}</Code>
      </Table.Td>
      <Table.Td>
        <KeyState apiKey={apiKey} />
      </Table.Td>
      <Table.Td>
        <Text size="sm">{limitsOf(apiKey)}</Text>
      </Table.Td>
      <Table.Td>
        <Text size="sm" c="dimmed">
          {lastUsedAt === null ? 'not known' : <When at={lastUsedAt} />}
        </Text>
      </Table.Td>
      <Table.Td>
        <ConfirmButton
          label="Revoke"
          title={`Revoke the key ${name}?`}
          action={revoke}
          button={{ 'aria-label': `Revoke ${name}` }}
        >
          What sends with {keyPlaceholder(apiKey)} is refused from now on. This cannot be undone.
        </ConfirmButton>
      </Table.Td>
    </Table.Tr>
  );
}

function KeyState({ apiKey: { isActive, expiresAt } }: { apiKey: ApiKey }) {
  const nowMs = useNow();
  if (!isActive) return <Status tone="bad">Revoked</Status>;
  if (expiresAt === null) return <Status tone="good">Active</Status>;
  if (Date.parse(expiresAt) <= nowMs) return <Status tone="bad">Expired</Status>;
  return <Status tone="good">{`Active until ${expiresAt.slice(0, 10)}`}</Status>;
}

function limitsOf({ dailyLimit, concurrencyLimit }: ApiKey): string {
  const limits = [
    dailyLimit === null ? null : `${dailyLimit.toLocaleString()} a day`,
    concurrencyLimit === null ? null : `${concurrencyLimit.toLocaleString()} at once`,
  ].filter((limit) => limit !== null);
  return limits.length === 0 ? 'standard' : limits.join(', ');
}
