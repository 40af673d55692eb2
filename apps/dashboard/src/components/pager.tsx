import { Button, Group, Text } from '@mantine/core';
import type { PagingMetadata } from '../api/types';

interface PagerProps {
  readonly paging: Partial<PagingMetadata> | undefined;
  readonly onPage: (pageNumber: number) => void;
}

/** Between the pages of a list; nothing while there is only one. */
export function Pager({ paging, onPage }: PagerProps) {
  const { currentPage = 1, totalPages = 1, hasNext = false } = paging ?? {};
  if (totalPages <= 1) return null;
  return (
    <Group justify="space-between" mt="md">
      <Text size="sm" c="dimmed">
        Page {currentPage} of {totalPages}
      </Text>
      <Group gap="xs">
        <Button
          size="xs"
          variant="default"
          disabled={currentPage <= 1}
          onClick={() => {
            onPage(currentPage - 1);
          }}
        >
          Previous
        </Button>
        <Button
          size="xs"
          variant="default"
          disabled={!hasNext}
          onClick={() => {
            onPage(currentPage + 1);
          }}
        >
          Next
        </Button>
      </Group>
    </Group>
  );
}
