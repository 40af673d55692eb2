import { useNavigate } from '@tanstack/react-router';
import { Page, Section } from '../../components/page';
import { NewApplicationForm } from './new-application-form';

export function NewApplication() {
  const navigate = useNavigate();
  return (
    <Page
      title="New application"
      description="An application has a phone number, its keys, its webhook and its messages; most have one for each product or environment."
    >
      <Section title="Application">
        <NewApplicationForm
          onCreated={(appId) =>
            void navigate({ to: '/applications/$appId/developers', params: { appId } })
          }
        />
      </Section>
    </Page>
  );
}
