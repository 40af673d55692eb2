import { useQuery } from '@tanstack/react-query';
import { applicationQuery } from '../../api/queries/applications';
import { Facts } from '../../components/facts';
import { Page, Section } from '../../components/page';
import { QueryView } from '../../components/query-view';
import { Status } from '../../components/status';
import { applicationState } from '../../domain/application-states';
import { useAppId } from '../app-id';
import { ConnectNumber } from './connect-number';
import { SimulatorNumber } from './simulator-number';

/** The WhatsApp number that the application sends from. */
export function PhoneNumber() {
  const appId = useAppId();
  const application = useQuery(applicationQuery(appId));
  return (
    <Page
      title="Phone number"
      description="The WhatsApp number that this application sends from. Until one is connected, it answers fakes only."
    >
      <QueryView query={application}>
        {(application) => {
          const { status = 'DRAFT', channel = null } = application ?? {};
          return (
            <>
              {channel !== null && (
                <Section title="Connected number" actions={<ApplicationStatus status={status} />}>
                  <Facts
                    facts={[
                      ['Number', channel.phoneNumber ?? 'as Meta has it'],
                      ['Phone number id', channel.phoneNumberId],
                      ['WhatsApp Business Account', channel.wabaId],
                    ]}
                  />
                </Section>
              )}
              <SimulatorNumber appId={appId} />
              <ConnectNumber appId={appId} isFirst={channel === null} />
            </>
          );
        }}
      </QueryView>
    </Page>
  );
}

const ApplicationStatus = ({ status }: { status: string }) => {
  const { tone, label } = applicationState(status);
  return <Status tone={tone}>{label}</Status>;
};
