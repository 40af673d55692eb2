import { randomBytes } from 'node:crypto';
import { wamid } from './domain/wamid';

/** Makes ids that no other process and no earlier one made. */
export function wamidMaker(): (waId: string) => string {
  const boot = randomBytes(5).toString('hex').toUpperCase();
  let serial = 0;
  return (waId) => {
    serial += 1;
    return wamid(waId, serial, boot);
  };
}
