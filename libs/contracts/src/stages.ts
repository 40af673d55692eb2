/** The services that exist as processes of their own. */
export const SERVICES = [
  'edge',
  'auth',
  'rate-limiter',
  'billing',
  'dispatcher',
  'webhooks',
] as const;
export type ServiceName = (typeof SERVICES)[number];

/** The journey of one message, in order. Each stage takes a batch, works once for it, and hands on what goes on. */
export const STAGES = [
  {
    service: 'edge',
    does: 'checks key and body, answers the caller',
    consumes: 'POST /v1/wa/message',
    emits: 'message.submitted.v1',
  },
  {
    service: 'rate-limiter',
    does: 'admits what the limits of the key allow',
    consumes: 'message.submitted.v1',
    emits: 'message.admitted.v1',
  },
  {
    service: 'billing',
    does: 'holds the price in the wallet',
    consumes: 'message.admitted.v1',
    emits: 'message.funded.v1',
  },
  {
    service: 'dispatcher',
    does: 'sends to Meta at most once, answers the edge',
    consumes: 'message.funded.v1',
    emits: 'message.settled.v1',
  },
  {
    service: 'billing',
    does: 'turns the hold into a charge or releases it',
    consumes: 'message.settled.v1',
    emits: 'ledger entries',
  },
] as const;
