import { Alert, Button, Group, NumberInput, Stack, Text } from '@mantine/core';
import { useState } from 'react';
import { fieldError, numberOf } from '../../api/field-errors';
import { useTopUp } from '../../api/queries/wallet';
import { Icon } from '../../components/icons';
import { ErrorNotice } from '../../components/states';
import { formatCost } from '../../domain/money';

const AMOUNTS = [10, 50, 200];

/** Pays once, however often a lost answer makes one press the button again. */
export function TopUp() {
  const topUp = useTopUp();
  const [amount, setAmount] = useState<number | string>(50);
  const [orderKey, setOrderKey] = useState(newOrderKey);
  const pay = (form: FormData): void => {
    topUp.mutate(
      { amountUsd: numberOf(form, 'amountUsd') ?? 0, orderKey },
      {
        onSuccess: () => {
          setOrderKey(newOrderKey());
        },
      },
    );
  };
  const change = (next: number | string): void => {
    setAmount(next);
    setOrderKey(newOrderKey());
  };
  return (
    <form
      onSubmit={(event) => {
        event.preventDefault();
        pay(new FormData(event.currentTarget));
      }}
    >
      <Stack>
        {topUp.isError && <ErrorNotice error={topUp.error} />}
        {topUp.isSuccess && (
          <Alert role="status" variant="outline" icon={<Icon name="check" />}>
            {formatCost(topUp.variables.amountUsd)} is on its way to your wallet.
          </Alert>
        )}
        <Group gap="xs">
          {AMOUNTS.map((each) => (
            <Button
              key={each}
              size="xs"
              variant="default"
              onClick={() => {
                change(each);
              }}
            >
              ${each}
            </Button>
          ))}
        </Group>
        <NumberInput
          name="amountUsd"
          label="Amount in USD"
          prefix=""
          min={1}
          decimalScale={2}
          value={amount}
          onChange={change}
          hideControls
          error={fieldError(topUp.error, 'amountUsd')}
          required
        />
        <Group justify="space-between">
          <Button type="submit" loading={topUp.isPending}>
            Top up
          </Button>
          <Text size="xs" c="dimmed">
            Never charged twice for one order.
          </Text>
        </Group>
      </Stack>
    </form>
  );
}

/** crypto.randomUUID exists on https and localhost alone; random values exist everywhere. */
function newOrderKey(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('');
}
