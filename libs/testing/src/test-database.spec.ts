import type { MigrationInterface, QueryRunner } from 'typeorm';
import { preparedQuery, uuidv7 } from '@gateway/platform';
import { FakeClock } from './fake-clock';
import { seededRandom } from './seeded-random';
import { testDatabase, type TestDatabase } from './test-database';

class CreateNotes1700000000000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query('create table notes (id int primary key)');
  }
  async down(runner: QueryRunner): Promise<void> {
    await runner.query('drop table notes');
  }
}

const DEFINITION = { schema: 'notes', migrations: [CreateNotes1700000000000] };

describe('testDatabase', () => {
  const open: TestDatabase[] = [];
  const make = async () => {
    const database = await testDatabase(DEFINITION);
    open.push(database);
    return database;
  };
  afterAll(() => Promise.all(open.map((database) => database.close())));

  it('is fresh for each call, migrated, and connected as the role of the service', async () => {
    const [first, second] = await Promise.all([make(), make()]);
    await first.dataSource.query('insert into notes values (1)');
    const { rows } = await preparedQuery<{ id: number; who: string }>(second.dataSource, {
      name: 'test-notes',
      text: 'select (select count(*)::int from notes) as id, current_user as who',
      values: [],
    });
    expect(rows).toEqual([{ id: 0, who: 'gateway_notes' }]);
  });
});

describe('FakeClock', () => {
  it('moves only when told', () => {
    const clock = new FakeClock(1_000);
    clock.advance(500);
    expect(clock.nowMs()).toBe(1_500);
  });
});

describe('seededRandom', () => {
  it('repeats itself for the same seed', () => {
    const ids = [1, 1, 2].map((seed) => {
      const random = seededRandom(seed);
      return [uuidv7(0, random), uuidv7(0, random)];
    });
    expect(ids[0]).toEqual(ids[1]);
    expect(ids[0]).not.toEqual(ids[2]);
    expect(ids[0]?.[0]).not.toBe(ids[0]?.[1]);
  });
});
