import { Button, Stack } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { simulatorQuery, useConnectSimulatorNumber } from '../../api/queries/applications';
import { Icon } from '../../components/icons';
import { Section } from '../../components/page';
import { ErrorNotice } from '../../components/states';

/** For who has no Meta account yet; only where a simulator stands in the place of Meta. */
export function SimulatorNumber({ appId }: { appId: string }) {
  const { data: simulator } = useQuery(simulatorQuery);
  const connect = useConnectSimulatorNumber(appId);
  if (simulator == null) return null;
  return (
    <Section
      title="Try it without a Meta account"
      description="This installation has a simulator in the place of Meta: messages are accepted, delivered and read, and reach nobody."
    >
      <Stack align="flex-start">
        {connect.isError && <ErrorNotice error={connect.error} />}
        <Button
          leftSection={<Icon name="phone" size={16} />}
          loading={connect.isPending}
          onClick={() => connect.mutate()}
        >
          Use a simulator number
        </Button>
      </Stack>
    </Section>
  );
}
