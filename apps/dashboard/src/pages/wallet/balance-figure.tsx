import { Stack, Text } from '@mantine/core';
import type { Balance } from '../../api/types';
import { formatUsd, messagesPaidFor } from '../../domain/money';

/** The balance, and how far it goes. */
export function BalanceFigure({ balance }: { balance: Balance | null }) {
  if (balance === null) return <Text c="dimmed">There is no wallet yet.</Text>;
  const count = messagesPaidFor(balance.balance);
  return (
    <Stack gap={4}>
      <Text fz={32} fw={650} lh={1.1} aria-label="Balance">
        {formatUsd(balance.balance)}
      </Text>
      <Text size="sm" c="dimmed">
        {count === 0
          ? 'Pays for no message: sends are refused until you top up.'
          : `Pays for ${count.toLocaleString()} messages, before Meta's fee for those that it charges.`}
      </Text>
    </Stack>
  );
}
