/** What Meta told and what customers got, beside what the clients saw. */
export const WEBHOOK_TABLES = `
  drop table if exists faults.told, faults.received;
  create table faults.told (
    item text, wamid text, status text, phone_number_id text, sent_at timestamptz, accepted_at timestamptz);
  create table faults.received (
    app_id uuid, item text, phone_number_id text, at timestamptz, is_taken boolean, is_signed boolean);
  create index on faults.told (item);
  create index on faults.received (item);`;
