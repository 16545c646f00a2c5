import {
  LoginDocument,
  LoginWithCodeDocument,
  RegisterDocument,
  RequestPasswordResetDocument,
  ResetLinkDocument,
  ResetPasswordDocument,
  type LoginMutation,
  type LoginMutationVariables,
  type LoginWithCodeMutation,
  type LoginWithCodeMutationVariables,
  type RegisterMutation,
  type RegisterMutationVariables,
  type RequestPasswordResetMutation,
  type RequestPasswordResetMutationVariables,
  type ResetLinkQuery,
  type ResetPasswordMutation,
  type ResetPasswordMutationVariables,
} from './generated.ts';
import { useOperation, type Operation } from './operation.ts';
import type { Success } from './outcome.ts';
import { useMenjin } from './plugin.ts';

export interface UseSignIn {
  /** By account name and password. */
  password: Operation<LoginMutationVariables, Success<LoginMutation['outcome']>>;
  /** By a code that `useCode('LOGIN')` has sent. */
  code: Operation<LoginWithCodeMutationVariables, Success<LoginWithCodeMutation['outcome']>>;
}

/** Signs somebody in. The session changes before `submit` returns. */
export function useSignIn(): UseSignIn {
  return {
    password: useOperation(LoginDocument, { anonymous: true }),
    code: useOperation(LoginWithCodeDocument, { anonymous: true }),
  };
}

/** Makes an account with a code that `useCode('REGISTER')` has sent, and signs its owner in. */
export function useRegister(): Operation<RegisterMutationVariables, Success<RegisterMutation['outcome']>> {
  return useOperation(RegisterDocument, { anonymous: true });
}

export interface UsePasswordReset {
  /** Sends a link by e-mail. */
  request: Operation<RequestPasswordResetMutationVariables, Success<RequestPasswordResetMutation['outcome']>>;
  /** Sets the new password, by the token of a link or by a code that `useCode('RESET_PASSWORD')` has sent. */
  reset: Operation<ResetPasswordMutationVariables, Success<ResetPasswordMutation['outcome']>>;
  /** Whose link it is; null when it is unknown, used or expired. Does not use it up. Rejects without a response. */
  inspect(token: string): Promise<ResetLinkQuery['resetLink']>;
}

/** Replaces a password that its owner has forgotten. */
export function usePasswordReset(): UsePasswordReset {
  const { client } = useMenjin();
  return {
    request: useOperation(RequestPasswordResetDocument, { anonymous: true }),
    reset: useOperation(ResetPasswordDocument, { anonymous: true }),
    async inspect(token) {
      const { data } = await client.query({
        query: ResetLinkDocument,
        variables: { token },
        fetchPolicy: 'no-cache',
        context: { menjin: 'anonymous' },
      });
      return data?.resetLink ?? null;
    },
  };
}
