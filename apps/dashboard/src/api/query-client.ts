import { QueryClient } from '@tanstack/react-query';
import { shownError } from './api-error';

const RETRIES_MAX = 2;
const STALE_MS = 5_000;

/** What the gateway refuses it refuses again; only what failed is asked for once more. */
export const queryClient = new QueryClient({
  defaultOptions: {
    queries: {
      staleTime: STALE_MS,
      retry: (failures, error) => failures < RETRIES_MAX && shownError(error).isTransient,
    },
  },
});
