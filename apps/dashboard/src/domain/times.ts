const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;
const DAY_MS = 24 * HOUR_MS;

/** How long ago, for a list: "just now", "5 min ago", "3 h ago", then days. */
export function ago(at: string, nowMs: number): string {
  const pastMs = nowMs - Date.parse(at);
  if (pastMs < MINUTE_MS) return 'just now';
  if (pastMs < HOUR_MS) return `${Math.floor(pastMs / MINUTE_MS)} min ago`;
  if (pastMs < DAY_MS) return `${Math.floor(pastMs / HOUR_MS)} h ago`;
  const days = Math.floor(pastMs / DAY_MS);
  return days === 1 ? 'yesterday' : `${days} days ago`;
}
