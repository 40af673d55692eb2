import { Box, Center, Stack } from '@mantine/core';
import { Outlet } from '@tanstack/react-router';
import { Brand } from './brand';

/** Frame of the pages before the first application. */
export const Entry = () => (
  <Center component="main" mih="100dvh" p="md">
    <Stack gap="lg" w="100%" maw={440}>
      <Box mx="auto">
        <Brand />
      </Box>
      <Outlet />
    </Stack>
  </Center>
);
