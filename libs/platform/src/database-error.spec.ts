import { DatabaseError } from 'pg';
import { QueryFailedError } from 'typeorm';
import { isDataError, isRetryableDatabaseError } from './database-error';

/** As Postgres says it when its log cannot be written any further, before it ends. */
const panic = (): DatabaseError =>
  Object.assign(new DatabaseError('could not write to log file', 90, 'error'), {
    code: 'XX000',
    severity: 'PANIC',
  });

describe('an error of the database', () => {
  it('that ended the whole server is no fault of what was written, and may be tried again', () => {
    const errors = [panic(), new QueryFailedError('insert', [], panic())];
    expect(errors.map(isRetryableDatabaseError)).toEqual([true, true]);
    expect(errors.map(isDataError)).toEqual([false, false]);
  });

  it('of the same code that the server outlives is not tried again for ever', () => {
    const error = Object.assign(panic(), { severity: 'ERROR' });
    expect(isRetryableDatabaseError(error)).toBe(false);
  });
});
