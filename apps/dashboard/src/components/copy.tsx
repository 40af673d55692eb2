import { Alert, Box, Button, Code, Group, Stack, Text } from '@mantine/core';
import { useClipboard } from '@mantine/hooks';
import { Icon } from './icons';

interface CopyProps {
  readonly text: string;
  readonly label?: string;
}

/** Copies a text and says that it did. */
function Copy({ text, label = 'Copy' }: CopyProps) {
  const clipboard = useClipboard({ timeout: 2_000 });
  return (
    <Button
      size="xs"
      variant="default"
      leftSection={<Icon name={clipboard.copied ? 'check' : 'copy'} size={16} />}
      onClick={() => {
        clipboard.copy(text);
      }}
    >
      <span aria-live="polite">{clipboard.copied ? 'Copied' : label}</span>
    </Button>
  );
}

/** Lines for a terminal, which scroll in themselves. */
export const CodeLines = ({ text, label }: { text: string; label: string }) => (
  <Box pos="relative">
    <Code
      block
      tabIndex={0}
      role="region"
      aria-label={label}
      bg="var(--app-code)"
      fz="xs"
      p="md"
      pb={48}
    >
      {text}
    </Code>
    <Box pos="absolute" bottom={10} right={10}>
      <Copy text={text} />
    </Box>
  </Box>
);

interface SecretOnceProps {
  readonly name: string;
  readonly secret: string;
}

/** A secret that nobody can look up again. */
export const SecretOnce = ({ name, secret }: SecretOnceProps) => (
  <Alert
    color="yellow"
    variant="outline"
    icon={<Icon name="key" />}
    title={`${name}: shown only now`}
  >
    <Stack gap="xs">
      <Text size="sm">
        Store it where your backend reads its secrets. It cannot be shown again.
      </Text>
      <Group gap="sm" wrap="nowrap" align="center">
        <Code
          aria-label={name}
          bg="var(--app-code)"
          p="xs"
          style={{ overflowWrap: 'anywhere', flex: 1 }}
        >
          {secret}
        </Code>
        <Copy text={secret} />
      </Group>
    </Stack>
  </Alert>
);
