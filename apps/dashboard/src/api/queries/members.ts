import { queryOptions, useMutation, useQueryClient } from '@tanstack/react-query';
import { api, dataOf } from '../client';
import type { Role } from '../types';

export const membersQuery = queryOptions({
  queryKey: ['members'],
  queryFn: () => dataOf(api.GET('/api/v1/organizations/members')),
});

export function useInvite() {
  const queries = useQueryClient();
  return useMutation({
    mutationFn: (body: { email: string; role: Role }) =>
      dataOf(api.POST('/api/v1/organizations/members', { body })),
    onSuccess: () => queries.invalidateQueries({ queryKey: ['members'] }),
  });
}

export function useChangeRole(id: string) {
  const queries = useQueryClient();
  return useMutation({
    mutationFn: (role: Role) =>
      dataOf(
        api.PATCH('/api/v1/organizations/members/{id}', {
          params: { path: { id } },
          body: { role },
        }),
      ),
    onSettled: () => queries.invalidateQueries({ queryKey: ['members'] }),
  });
}

export function useRemoveMember(id: string) {
  const queries = useQueryClient();
  return useMutation({
    mutationFn: () =>
      dataOf(api.DELETE('/api/v1/organizations/members/{id}', { params: { path: { id } } })),
    onSuccess: () => queries.invalidateQueries({ queryKey: ['members'] }),
  });
}
