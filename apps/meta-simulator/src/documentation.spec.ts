import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { BROKEN_ANSWERS, LATE_ANSWERS, magicRecipient } from './domain/faults';
import { CHANGE_FIELDS, INBOUND_TYPES } from './domain/inbound-samples';
import { META_ERRORS } from './domain/meta-errors';
import { STATUS_SCRIPTS } from './domain/status-scripts';
import { DEFAULT_SETTINGS } from './webhook-settings';

const DOCUMENT = readFileSync(join(__dirname, '../../../docs/simulator.md'), 'utf8');

const FAULT_ROWS = [
  ...LATE_ANSWERS.map(
    ({ suffix, latencyMs }) =>
      `| ${magicRecipient(suffix)} | \`latency\` | yes | answers well, ${latencyMs / 1_000} s late |`,
  ),
  ...Object.entries(BROKEN_ANSWERS).map(
    ([kind, { suffix, isAccepted, does }]) =>
      `| ${magicRecipient(suffix)} | \`${kind}\` | ${isAccepted ? 'yes' : 'no'} | ${does} |`,
  ),
];

const ERROR_ROWS = META_ERRORS.map(
  ({ suffix, code, subcode, status, title }) =>
    `| ${magicRecipient(suffix)} | ${code}${subcode === undefined ? '' : `/${subcode}`} | ${status} | ${title} |`,
);

describe('docs/simulator.md', () => {
  const rowsOf = (section: string): string[] => {
    const text = DOCUMENT.split(`### ${section}\n`)[1]?.split('\n#')[0] ?? '';
    return text
      .split('\n')
      .filter((line) => line.startsWith('| 1555'))
      .map((line) => line.replace(/ +/g, ' '));
  };

  it('lists every broken or late answer as the code has it', () => {
    expect(rowsOf('Late and broken answers')).toEqual(FAULT_ROWS);
  });

  it('lists every error as the code has it', () => {
    expect(rowsOf("Meta's errors")).toEqual(ERROR_ROWS);
  });

  it('lists what becomes of accepted messages as the code has it', () => {
    expect(rowsOf('Statuses by recipient')).toEqual(
      STATUS_SCRIPTS.map(({ suffix, does }) => `| ${magicRecipient(suffix)} | ${does} |`),
    );
  });

  it('names every setting, every type of message and every field that has a sample', () => {
    for (const name of [...Object.keys(DEFAULT_SETTINGS), ...INBOUND_TYPES, ...CHANGE_FIELDS]) {
      expect(DOCUMENT).toContain(`\`${name}\``);
    }
  });
});
