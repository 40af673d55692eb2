/** A number of the simulator with what connects it. */
export interface FreeNumber {
  readonly phoneNumberId: string;
  readonly wabaId: string;
  readonly accessToken: string;
}

/** The number in the simulator's answer, null when the answer holds none. */
export function readFreeNumber(answer: unknown): FreeNumber | null {
  if (typeof answer !== 'object' || answer === null) return null;
  const { phoneNumberId, wabaId, accessToken } = answer as Partial<Record<string, unknown>>;
  return typeof phoneNumberId === 'string' &&
    typeof wabaId === 'string' &&
    typeof accessToken === 'string'
    ? { phoneNumberId, wabaId, accessToken }
    : null;
}
