import { keepPreviousData, queryOptions, useMutation, useQueryClient } from '@tanstack/react-query';
import { api, dataOf, pageOf } from '../client';

const LIVE_MS = 10_000;

export const balanceQuery = queryOptions({
  queryKey: ['wallet', 'balance'],
  queryFn: () => dataOf(api.GET('/api/v1/wallet/balance')),
  refetchInterval: LIVE_MS,
});

export const entriesQuery = (pageNumber: number) =>
  queryOptions({
    queryKey: ['wallet', 'entries', pageNumber],
    queryFn: () =>
      pageOf(
        api.GET('/api/v1/wallet/entries', { params: { query: { pageNumber, pageSize: 20 } } }),
      ),
    refetchInterval: LIVE_MS,
    placeholderData: keepPreviousData,
  });

/** One key for each order, kept by the caller while he repeats it: nobody pays twice for a lost answer. */
export function useTopUp() {
  const queries = useQueryClient();
  return useMutation({
    mutationFn: ({ amountUsd, orderKey }: { amountUsd: number; orderKey: string }) =>
      dataOf(
        api.POST('/api/v1/wallet/top-up', {
          params: { header: { 'Idempotency-Key': orderKey } },
          body: { amountUsd },
        }),
      ),
    onSuccess: () => queries.invalidateQueries({ queryKey: ['wallet'] }),
  });
}
