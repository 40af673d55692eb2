/** What a refresh token says of itself; whether it is genuine its session's secret tells. */
export interface RefreshTokenParts {
  readonly sessionId: string;
  readonly generation: number;
  readonly proof: string;
}

const FORM = /^([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})\.([1-9]\d{0,8})\.([A-Za-z0-9_-]{43})$/;

/** An old token within this time of its rotation gets the same successor: a lost answer, two tabs. */
const ROTATION_GRACE_MS = 20_000;

/** The parts of a refresh token, or null for what is none. */
export function parseRefreshToken(token: unknown): RefreshTokenParts | null {
  const [, sessionId, generation, proof] =
    (typeof token === 'string' ? FORM.exec(token) : null) ?? [];
  if (sessionId === undefined || generation === undefined || proof === undefined) return null;
  return { sessionId, generation: Number(generation), proof };
}

export const formatRefreshToken = ({ sessionId, generation, proof }: RefreshTokenParts): string =>
  `${sessionId}.${generation}.${proof}`;

interface SessionState {
  /** Number of the token that is good. */
  readonly generation: number;
  readonly rotatedAtMs: number;
}

/**
 * What a genuine token of a live session leads to: `rotate` it, `repeat` its successor, or end the session, because
 * somebody has a token that was used up.
 */
export function refreshDecision(
  { generation, rotatedAtMs }: SessionState,
  given: number,
  nowMs: number,
): 'rotate' | 'repeat' | 'end' {
  if (given === generation) return 'rotate';
  const isInGrace = nowMs - rotatedAtMs <= ROTATION_GRACE_MS;
  return given === generation - 1 && isInGrace ? 'repeat' : 'end';
}
