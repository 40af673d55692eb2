const ID_DIGITS = 18;

/**
 * An id of Meta's look: `wamid.` and base64 of the recipient and 18 hexadecimal digits.
 *
 * @param waId recipient in digits, at most 15 of them
 * @param serial never used before with this `boot`
 * @param boot upper-case hexadecimal text of the process, at most 10 digits
 */
export function wamid(waId: string, serial: number, boot: string): string {
  const id =
    boot +
    serial
      .toString(16)
      .toUpperCase()
      .padStart(ID_DIGITS - boot.length, '0');
  const length = String.fromCharCode(waId.length);
  return `wamid.${btoa(`\x1c\x18${length}${waId}\x15\x02\x00\x11\x18\x12${id}\x00`)}`;
}
