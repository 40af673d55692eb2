import { useRouter } from '@tanstack/react-router';

/** Goes to where the visitor wanted to go, if that is a page of ours, else to the overview. */
export function useGoOn(next: string | undefined): () => void {
  const router = useRouter();
  // "//host" and "/\host" are other hosts.
  const isOurs = next !== undefined && /^\/(?![/\\])/.test(next);
  return () => {
    if (isOurs) router.history.push(next);
    else void router.navigate({ to: '/' });
  };
}
