import { STAGES, TOPICS } from '@gateway/contracts';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';

const page = (name: string): string => readFileSync(join(__dirname, '../..', name), 'utf8');

/** Cells of the table rows that begin with a number. */
const numberedRows = (text: string): string[][] =>
  text
    .split('\n')
    .filter((line) => /^\| \d /.test(line))
    .map((line) => line.split('|').map((cell) => cell.replaceAll('`', '').trim()));

describe('the pipeline as the documentation tells it', () => {
  it('is, in README.md, the stages of the code in their order', () => {
    const rows = numberedRows(page('README.md'));
    expect(rows.map(([, stage]) => stage)).toEqual(
      STAGES.map(({ service }, index) => `${index + 1} ${service}`),
    );
  });

  it('hands on, in ARCHITECTURE.md, by the topics of the code', () => {
    const rows = numberedRows(page('ARCHITECTURE.md'));
    expect(rows.map(([, , service, takes, , handsOn]) => [service, takes, handsOn])).toEqual(
      STAGES.map(({ service, consumes, emits }) => [
        `apps/${service}`,
        consumes,
        Object.hasOwn(TOPICS, emits) ? emits : '',
      ]),
    );
  });

  it('consumes and emits only topics that name the service as theirs', () => {
    for (const { service, consumes, emits } of STAGES) {
      const from = Object.entries(TOPICS).find(([name]) => name === emits)?.[1].from ?? [service];
      expect(from).toContain(service);
      const to = Object.entries(TOPICS).find(([name]) => name === consumes)?.[1].to;
      expect(to?.map((reader) => reader.service) ?? [service]).toContain(service);
    }
  });
});
