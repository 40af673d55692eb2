import { Button, Group, Modal, Stack, Text, type ButtonProps } from '@mantine/core';
import { useDisclosure } from '@mantine/hooks';
import type { ReactNode } from 'react';
import { ErrorNotice } from './states';

interface ConfirmButtonProps {
  readonly label: string;
  /** The question; names what is about to be done to what. */
  readonly title: string;
  readonly children: ReactNode;
  readonly action: { mutateAsync(): Promise<unknown>; isPending: boolean; error: unknown };
  readonly button?: ButtonProps & { 'aria-label'?: string };
}

/** A button for what cannot be undone: it asks first. */
export function ConfirmButton({ label, title, children, action, button }: ConfirmButtonProps) {
  const [isOpen, { open, close }] = useDisclosure(false);
  const confirm = (): void => {
    // A failure shows in the dialog, which stays open.
    action.mutateAsync().then(close, () => undefined);
  };
  return (
    <>
      <Button variant="default" size="xs" onClick={open} {...button}>
        {label}
      </Button>
      <Modal
        opened={isOpen}
        onClose={close}
        title={title}
        centered
        closeButtonProps={{ 'aria-label': 'Close' }}
      >
        <Stack>
          <Text size="sm">{children}</Text>
          {action.error != null && <ErrorNotice error={action.error} />}
          <Group justify="flex-end" gap="sm">
            <Button variant="default" onClick={close} data-autofocus>
              Cancel
            </Button>
            <Button color="red.9" loading={action.isPending} onClick={confirm}>
              {label}
            </Button>
          </Group>
        </Stack>
      </Modal>
    </>
  );
}
