import {
  infiniteQueryOptions,
  queryOptions,
  useMutation,
  useQueryClient,
} from '@tanstack/react-query';
import { isMoving } from '../../domain/message-states';
import { api, dataOf, pageOf } from '../client';
import type { Message, MessageDetail } from '../types';

const LIVE_MS = 2_000;
const TIMELINE_MS = 1_000;
const PAGE_SIZE = 25;

export interface MessageFilter {
  readonly state?: Message['state'];
  readonly recipient?: string;
}

/** Newest first, and kept current. */
export const messagesQuery = (appId: string, filter: MessageFilter) =>
  infiniteQueryOptions({
    queryKey: ['applications', appId, 'messages', filter],
    queryFn: ({ pageParam }) =>
      pageOf(
        api.GET('/api/v1/applications/{appId}/messages', {
          params: {
            path: { appId },
            query: { ...filter, after: pageParam, limit: PAGE_SIZE },
          },
        }),
      ),
    initialPageParam: undefined as string | undefined,
    getNextPageParam: ({ paging }) => paging?.nextCursor ?? undefined,
    refetchInterval: LIVE_MS,
  });

/** The latest hundred, for what only needs to know that there are some. */
export const latestMessagesQuery = (appId: string) =>
  queryOptions({
    queryKey: ['applications', appId, 'messages', 'latest'],
    queryFn: () =>
      dataOf(
        api.GET('/api/v1/applications/{appId}/messages', {
          params: { path: { appId }, query: { limit: 100 } },
        }),
      ),
    refetchInterval: LIVE_MS,
  });

/** One message with its timeline, asked for again while something can still happen to it. */
export const messageQuery = (appId: string, id: string) =>
  queryOptions({
    queryKey: ['applications', appId, 'messages', 'one', id],
    queryFn: async (): Promise<MessageDetail> => {
      const detail = await dataOf(
        api.GET('/api/v1/applications/{appId}/messages/{id}', { params: { path: { appId, id } } }),
      );
      if (detail === null) throw new Error('no organization yet');
      return detail;
    },
    refetchInterval: ({ state: { data } }) =>
      data === undefined || isMoving(data) ? TIMELINE_MS : false,
  });

export const testNumbersQuery = (appId: string) =>
  queryOptions({
    queryKey: ['applications', appId, 'test-numbers'],
    queryFn: () =>
      dataOf(
        api.GET('/api/v1/applications/{appId}/sandbox/test-numbers', {
          params: { path: { appId } },
        }),
      ),
  });

export function useAddTestNumber(appId: string) {
  const queries = useQueryClient();
  return useMutation({
    mutationFn: (body: { phoneNumber: string; title?: string }) =>
      dataOf(
        api.POST('/api/v1/applications/{appId}/sandbox/test-numbers', {
          params: { path: { appId } },
          body,
        }),
      ),
    onSuccess: () =>
      queries.invalidateQueries({ queryKey: ['applications', appId, 'test-numbers'] }),
  });
}

export function useRemoveTestNumber(appId: string, id: string) {
  const queries = useQueryClient();
  return useMutation({
    mutationFn: () =>
      dataOf(
        api.DELETE('/api/v1/applications/{appId}/sandbox/test-numbers/{id}', {
          params: { path: { appId, id } },
        }),
      ),
    onSuccess: () =>
      queries.invalidateQueries({ queryKey: ['applications', appId, 'test-numbers'] }),
  });
}

export const useSendTest = (appId: string) =>
  useMutation({
    mutationFn: (input: { testNumberId: string; message: string }) =>
      dataOf(
        api.POST('/api/v1/applications/{appId}/sandbox/messages/test', {
          params: { path: { appId } },
          body: { ...input, messageType: 'CUSTOM' },
        }),
      ),
  });
