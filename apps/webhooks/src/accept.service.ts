import { metrics } from '@gateway/platform';
import type { ApplicationsService } from './applications.service';
import { ROOM_OF_UNKNOWN, type ClaimsService } from './claims.service';
import type { DeliveryService } from './delivery.service';
import type { DeliveryLanes } from './domain/delivery-lanes';
import { FIRST_LANE, type Job } from './domain/job';
import type { EndpointsService } from './endpoints.service';
import { acceptableEvent, unmatchedEvent, type ArrivedEvent } from './event-identity';
import type { AcceptableEvent, AcceptedEvent, EventsStore, UnmatchedEvent } from './events.store';
import type { Claim } from './jobs.store';

export interface AcceptOptions {
  readonly applications: ApplicationsService;
  readonly store: EventsStore;
  readonly endpoints: EndpointsService;
  readonly lanes: DeliveryLanes;
  readonly deliveries: DeliveryService;
  readonly claims: ClaimsService;
  readonly nowMs: () => number;
  readonly monotonicMs: () => number;
}

const accepted = metrics.counter({
  name: 'gw_webhooks_events_total',
  help: "Meta's events: new ones, repeated ones, and ones of numbers that no application has.",
  labels: ['outcome'],
});

/** An event for one application, and when the broker got it. */
interface Incoming {
  readonly event: AcceptableEvent;
  readonly stampMs: number;
}

/** Takes Meta's events in, each once, and sends them on at once where there is room. */
export class AcceptService {
  constructor(private readonly options: AcceptOptions) {}

  /** @param arrived in order of arrival */
  async accept(arrived: readonly ArrivedEvent[]): Promise<void> {
    if (arrived.length === 0) return;
    const { applications, store } = this.options;
    await applications.usable();
    const incoming = new Map<string, Incoming>();
    const unmatched = new Map<string, UnmatchedEvent>();
    for (const each of arrived) {
      const receivers = applications.receivers(each.event);
      for (const receiver of receivers) {
        const event = acceptableEvent(each, receiver);
        if (!incoming.has(event.id)) incoming.set(event.id, { event, stampMs: each.stampMs });
      }
      if (receivers.length === 0) {
        const event = unmatchedEvent(each);
        if (!unmatched.has(event.id)) unmatched.set(event.id, event);
      }
    }
    accepted.inc({ outcome: 'unmatched' }, await store.keepUnmatched([...unmatched.values()]));
    await this.acceptMatched([...incoming.values()]);
  }

  private async acceptMatched(incoming: readonly Incoming[]): Promise<void> {
    if (incoming.length === 0) return;
    await this.options.deliveries.takeInTurn(() => this.acceptAndTake(incoming));
  }

  private async acceptAndTake(incoming: readonly Incoming[]): Promise<Job[]> {
    const { store, claims, monotonicMs } = this.options;
    const claim = claims.newClaim();
    const takenAtMs = monotonicMs();
    const events = incoming.map(({ event }) => event);
    const fresh = await store.accept(events, this.mayClaim(events), claim);
    accepted.inc({ outcome: 'new' }, fresh.length);
    accepted.inc({ outcome: 'repeated' }, incoming.length - fresh.length);
    if (fresh.some(({ delivery }) => delivery && !delivery.isClaimed && !delivery.isHeld)) {
      claims.kick();
    }
    return fresh.flatMap((each) => {
      const source = incoming[each.index];
      return source ? this.jobOf(source, each, claim, takenAtMs) : [];
    });
  }

  /**
   * For which events there is room to send them at once. Of one application those behind the first without room have
   * none either, so that the order of a message is kept.
   */
  private mayClaim(events: readonly AcceptableEvent[]): boolean[] {
    const { lanes, deliveries } = this.options;
    let { jobs, bytes } = lanes.room;
    const rooms = new Map<string, number>();
    return events.map(({ appId, payload, orderKey }) => {
      const room = rooms.get(appId) ?? this.roomOf(appId);
      const hasRoom = room > 0 && jobs > 0 && bytes >= payload.length;
      const mayClaim = hasRoom && !deliveries.isLeaving(orderKey);
      rooms.set(appId, mayClaim ? room - 1 : 0);
      if (mayClaim) {
        jobs -= 1;
        bytes -= payload.length;
      }
      return mayClaim;
    });
  }

  private roomOf(appId: string): number {
    const { endpoints, lanes } = this.options;
    const endpoint = endpoints.ofApplication(appId);
    if (!endpoint) return ROOM_OF_UNKNOWN;
    return endpoint.isOpen() ? (lanes.roomOf(endpoint.row.id) ?? ROOM_OF_UNKNOWN) : 0;
  }

  private jobOf(
    { event, stampMs }: Incoming,
    { delivery }: AcceptedEvent,
    { claimId }: Claim,
    takenAtMs: number,
  ): Job[] {
    if (!delivery?.isClaimed) return [];
    const { deliveryId, endpointId, revision } = delivery;
    return [
      {
        deliveryId,
        endpointId,
        revision,
        claimId,
        takenAtMs,
        bornAtMs: takenAtMs - Math.max(0, this.options.nowMs() - stampMs),
        eventAtMs: event.atMs,
        eventId: event.id,
        orgId: event.orgId,
        messageId: event.messageId,
        orderKey: event.orderKey,
        payload: event.payload,
        lane: FIRST_LANE,
        failures: 0,
        attempt: 1,
        isSuspect: false,
      },
    ];
  }
}
