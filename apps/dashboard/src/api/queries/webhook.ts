import { keepPreviousData, queryOptions, useMutation, useQueryClient } from '@tanstack/react-query';
import { api, dataOf, pageOf } from '../client';
import type { Delivery, WebhookChange } from '../types';

const LIVE_MS = 2_000;

export const webhookQuery = (appId: string) =>
  queryOptions({
    queryKey: ['applications', appId, 'webhook'],
    queryFn: () =>
      dataOf(api.GET('/api/v1/applications/{appId}/webhook', { params: { path: { appId } } })),
  });

export const deliveriesQuery = (appId: string, pageNumber: number, state?: Delivery['state']) =>
  queryOptions({
    queryKey: ['applications', appId, 'deliveries', pageNumber, state],
    queryFn: () =>
      pageOf(
        api.GET('/api/v1/applications/{appId}/webhook/deliveries', {
          params: { path: { appId }, query: { pageNumber, pageSize: 20, state } },
        }),
      ),
    refetchInterval: LIVE_MS,
    placeholderData: keepPreviousData,
  });

export function useSaveWebhook(appId: string) {
  const queries = useQueryClient();
  return useMutation({
    mutationFn: (body: WebhookChange) =>
      dataOf(
        api.POST('/api/v1/applications/{appId}/webhook', { params: { path: { appId } }, body }),
      ),
    onSuccess: () => queries.invalidateQueries({ queryKey: ['applications', appId, 'webhook'] }),
  });
}

export function useRemoveWebhook(appId: string) {
  const queries = useQueryClient();
  return useMutation({
    mutationFn: () =>
      dataOf(api.DELETE('/api/v1/applications/{appId}/webhook', { params: { path: { appId } } })),
    onSuccess: () => queries.invalidateQueries({ queryKey: ['applications', appId, 'webhook'] }),
  });
}

export const useTestWebhook = (appId: string) =>
  useMutation({
    mutationFn: () =>
      dataOf(
        api.POST('/api/v1/applications/{appId}/webhook/test', { params: { path: { appId } } }),
      ),
  });

export const useRotateSigningSecret = (appId: string) =>
  useMutation({
    mutationFn: (overlapHours: number) =>
      dataOf(
        api.POST('/api/v1/applications/{appId}/webhook/signing-secret/rotate', {
          params: { path: { appId } },
          body: { overlapHours },
        }),
      ),
  });

export function useResend(appId: string, id: string) {
  const queries = useQueryClient();
  return useMutation({
    mutationFn: () =>
      dataOf(
        api.POST('/api/v1/applications/{appId}/webhook/deliveries/{id}/resend', {
          params: { path: { appId, id } },
        }),
      ),
    onSuccess: () => queries.invalidateQueries({ queryKey: ['applications', appId, 'deliveries'] }),
  });
}
