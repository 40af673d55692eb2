import { keepPreviousData, queryOptions } from '@tanstack/react-query';
import { spanQuery, type Span } from '../../domain/insights';
import { api, dataOf } from '../client';

const LIVE_MS = 10_000;

/** Counts of an application, and how its messages stand. */
export const messageInsightsQuery = (appId: string, span: Span) =>
  queryOptions({
    queryKey: ['applications', appId, 'insights', 'messages', span],
    queryFn: () =>
      dataOf(
        api.GET('/api/v1/channels/whatsapp/insights/messages', {
          params: { query: { appId, ...spanQuery(span, Date.now()) } },
        }),
      ),
    refetchInterval: LIVE_MS,
    placeholderData: keepPreviousData,
  });

/** What it cost. */
export const summaryQuery = (appId: string, span: Span) =>
  queryOptions({
    queryKey: ['applications', appId, 'insights', 'summary', span],
    queryFn: () => {
      const { startDate, endDate } = spanQuery(span, Date.now());
      return dataOf(
        api.GET('/api/v1/channels/whatsapp/insights/summary', {
          params: { query: { appId, startDate, endDate } },
        }),
      );
    },
    refetchInterval: LIVE_MS,
    placeholderData: keepPreviousData,
  });
