import { randomUUID } from 'node:crypto';
import type { Pricing } from '../src/domain/pricing';
import type { Settlement } from '../src/domain/settlement';
import type { HoldRequest } from '../src/holds.store';

export const FEE = 1_000n;

/** What a message that is charged asks for; parts as given. */
export const aRequest = (part: Partial<HoldRequest> & { orgId: string }): HoldRequest => ({
  messageId: randomUUID(),
  appId: '0199aaaa-0000-7000-8000-0000000000a1',
  amountMicroUsd: FEE,
  askAtMs: 1_000_000,
  ...part,
});

export const aSettlement = (
  { messageId, orgId }: { messageId: string; orgId: string },
  action: Settlement['action'] = 'charge',
): Settlement => ({ messageId, orgId, appId: '0199aaaa-0000-7000-8000-0000000000a1', action });

/** A final status; without an amount one that nothing is due for. */
export const aPricing = (
  { messageId, orgId }: { messageId: string; orgId: string },
  amountMicroUsd?: bigint,
): Pricing => ({
  messageId,
  orgId,
  appId: '0199aaaa-0000-7000-8000-0000000000a1',
  category: 'utility',
  fee: amountMicroUsd === undefined ? null : { amountMicroUsd, basis: 'card' },
});
