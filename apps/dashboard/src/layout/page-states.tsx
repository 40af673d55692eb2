import { Button, Container } from '@mantine/core';
import { useRouter, type ErrorComponentProps } from '@tanstack/react-router';
import { ButtonLink } from '../components/links';
import { EmptyState, ErrorNotice, Loading } from '../components/states';

export const PageLoading = () => (
  <Container size="sm" py="xl">
    <Loading lines={5} />
  </Container>
);

export function PageFailed({ error, reset }: ErrorComponentProps) {
  const router = useRouter();
  return (
    <Container size="sm" py="xl" component="main">
      <ErrorNotice error={error} />
      <Button
        mt="md"
        onClick={() => {
          reset();
          void router.invalidate();
        }}
      >
        Try again
      </Button>
    </Container>
  );
}

export const PageMissing = () => (
  <Container size="sm" py="xl" component="main">
    <EmptyState
      icon="inbox"
      title="There is no such page"
      action={<ButtonLink to="/">To the overview</ButtonLink>}
    >
      The address may be mistyped, or the page is gone.
    </EmptyState>
  </Container>
);
