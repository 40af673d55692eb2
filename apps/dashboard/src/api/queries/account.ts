import { queryOptions, useMutation, useQueryClient } from '@tanstack/react-query';
import { api, dataOf, publicApi, session } from '../client';
import type { Tokens } from '../types';

export const meQuery = queryOptions({
  queryKey: ['me'],
  queryFn: () => dataOf(api.GET('/api/v1/users/me')),
});

export const organizationsQuery = queryOptions({
  queryKey: ['organizations'],
  queryFn: () => dataOf(api.GET('/api/v1/users/me/organizations')),
});

/** A call that ends with new tokens: whatever was known before may belong to somebody else or show less. */
function useSessionMutation<Input>(call: (input: Input) => Promise<Tokens>) {
  const queries = useQueryClient();
  return useMutation({
    mutationFn: call,
    onSuccess: (tokens) => {
      session.begin(tokens);
      queries.clear();
    },
  });
}

export const useSignIn = () =>
  useSessionMutation((body: { email: string; password: string }) =>
    dataOf(publicApi.POST('/api/v1/auth/token', { body })),
  );

export const useRegister = () =>
  useSessionMutation(
    (body: { firstName: string; lastName: string; email: string; password: string }) =>
      dataOf(publicApi.POST('/api/v1/users/register', { body })),
  );

export const useCreateOrganization = () =>
  useSessionMutation(
    (body: {
      organizationName: string;
      organizationWebsite: string | null;
      businessRole: string;
      accountType: string;
    }) => dataOf(api.POST('/api/v1/auth/organizations/assign', { body })),
  );

export const useAcceptInvite = () =>
  useSessionMutation((inviteToken: string) =>
    dataOf(api.POST('/api/v1/organizations/members/accept', { body: { inviteToken } })),
  );

export const useChangePassword = () =>
  useMutation({
    mutationFn: (body: { currentPassword: string; newPassword: string; confirmPassword: string }) =>
      dataOf(api.POST('/api/v1/auth/password/change', { body })),
    onSuccess: (tokens) => {
      session.begin(tokens);
    },
  });

export function useSignOut() {
  const queries = useQueryClient();
  return useMutation({
    mutationFn: () => dataOf(api.POST('/api/v1/auth/logout', { body: {} })),
    // Also when the gateway could not be told: this tab forgets all the same.
    onSettled: () => {
      session.end();
      queries.clear();
    },
  });
}

const RESET = { verificationSource: 'WHATSAPP', type: 'FORGET_PASSWORD' } as const;

export const useSendResetCode = () =>
  useMutation({
    mutationFn: (target: string) =>
      dataOf(publicApi.POST('/api/v1/auth/two-factor/send', { body: { ...RESET, target } })),
  });

export const useResetPassword = () =>
  useMutation({
    mutationFn: async (input: { target: string; code: string; newPassword: string }) => {
      const { target, code, newPassword } = input;
      // A right code of a reset always leads to a token.
      const { passwordResetToken = '' } = await dataOf(
        publicApi.POST('/api/v1/auth/two-factor/verify', { body: { ...RESET, target, code } }),
      );
      return dataOf(
        publicApi.POST('/api/v1/auth/password/reset', {
          body: { passwordResetToken, newPassword, confirmPassword: newPassword },
        }),
      );
    },
  });
