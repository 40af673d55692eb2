import { ago } from '../domain/times';
import { useNow } from './use-now';

const ABSOLUTE = new Intl.DateTimeFormat(undefined, { dateStyle: 'medium', timeStyle: 'medium' });
const CLOCK = new Intl.DateTimeFormat(undefined, {
  hour: '2-digit',
  minute: '2-digit',
  second: '2-digit',
  fractionalSecondDigits: 3,
});

/** How long ago, with the exact time at hand. */
export function When({ at }: { at: string }) {
  const nowMs = useNow();
  return (
    <time dateTime={at} title={ABSOLUTE.format(new Date(at))} style={{ whiteSpace: 'nowrap' }}>
      {ago(at, nowMs)}
    </time>
  );
}

/** The time of day to the millisecond, for what follows each other quickly. */
export const Clock = ({ at }: { at: string }) => (
  <time dateTime={at} title={ABSOLUTE.format(new Date(at))}>
    {CLOCK.format(new Date(at))}
  </time>
);
