const LABELS: Readonly<Record<string, string>> = {
  infrastructure_fee: 'Infrastructure fee',
  meta_fee: "Meta's fee",
  credit: 'Credit',
};

/** What a movement of the wallet was for. */
export function entryLabel({ kind, reason }: { kind: string; reason: string | null }): string {
  const label = (Object.hasOwn(LABELS, kind) ? LABELS[kind] : undefined) ?? kind;
  return reason === null ? label : `${label}: ${reason}`;
}
