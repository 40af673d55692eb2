import { queryOptions, useMutation, useQueryClient } from '@tanstack/react-query';
import { api, dataOf, pageOf } from '../client';
import type { NewApiKey } from '../types';

export const applicationsQuery = queryOptions({
  queryKey: ['applications'],
  queryFn: () => dataOf(api.GET('/api/v1/applications')),
});

export const applicationQuery = (appId: string) =>
  queryOptions({
    queryKey: ['applications', appId],
    queryFn: () =>
      dataOf(
        api.GET('/api/v1/applications/{appId}', {
          params: { path: { appId }, query: { expand: 'channel' } },
        }),
      ),
  });

export const keysQuery = (appId: string, pageNumber = 1) =>
  queryOptions({
    queryKey: ['applications', appId, 'keys', pageNumber],
    queryFn: () =>
      pageOf(
        api.GET('/api/v1/applications/{appId}/api-keys', {
          params: { path: { appId }, query: { pageNumber, pageSize: 20 } },
        }),
      ),
  });

export function useCreateApplication() {
  const queries = useQueryClient();
  return useMutation({
    mutationFn: (applicationName: string) =>
      dataOf(api.POST('/api/v1/applications', { body: { applicationName, platform: 'whatsapp' } })),
    onSuccess: () => queries.invalidateQueries({ queryKey: ['applications'] }),
  });
}

export function useConnectChannel(appId: string) {
  const queries = useQueryClient();
  return useMutation({
    mutationFn: (body: { phoneNumberId: string; wabaId: string; accessToken: string }) =>
      dataOf(
        api.POST('/api/v1/applications/{appId}/channel', { params: { path: { appId } }, body }),
      ),
    onSuccess: () => queries.invalidateQueries({ queryKey: ['applications'] }),
  });
}

/** The simulator in Meta's place; null where messages reach people. */
export const simulatorQuery = queryOptions({
  queryKey: ['simulator'],
  queryFn: () => dataOf(api.GET('/api/v1/simulator')),
  staleTime: Infinity,
});

export function useConnectSimulatorNumber(appId: string) {
  const queries = useQueryClient();
  return useMutation({
    mutationFn: async () => {
      const body = await dataOf(api.POST('/api/v1/simulator/phone-numbers'));
      return dataOf(
        api.POST('/api/v1/applications/{appId}/channel', { params: { path: { appId } }, body }),
      );
    },
    onSuccess: () => queries.invalidateQueries({ queryKey: ['applications'] }),
  });
}

export function useCreateKey(appId: string) {
  const queries = useQueryClient();
  return useMutation({
    mutationFn: (body: NewApiKey) =>
      dataOf(
        api.POST('/api/v1/applications/{appId}/api-keys', { params: { path: { appId } }, body }),
      ),
    onSuccess: () => queries.invalidateQueries({ queryKey: ['applications', appId, 'keys'] }),
  });
}

export function useRevokeKey(appId: string, keyId: string) {
  const queries = useQueryClient();
  return useMutation({
    mutationFn: () =>
      dataOf(
        api.DELETE('/api/v1/applications/{appId}/api-keys/{keyId}', {
          params: { path: { appId, keyId } },
        }),
      ),
    onSuccess: () => queries.invalidateQueries({ queryKey: ['applications', appId, 'keys'] }),
  });
}
