import { readFileSync, writeFileSync } from 'node:fs';
import { goalsOf } from './goals';
import { picture } from './picture';
import { markdown } from './markdown';
import type { Report } from './report';

const DOCS = 'docs/benchmarks.md';
const PICTURE = 'docs/benchmarks.svg';
const MARK = '<!-- measured -->';

/** Replaces what stands behind the mark in `docs/benchmarks.md`, and the picture beside it. */
export function writeDocuments(report: Report): void {
  const [head = ''] = readFileSync(DOCS, 'utf8').split(MARK);
  const image = '![how far each goal is reached](benchmarks.svg)';
  writeFileSync(DOCS, `${head}${MARK}\n\n${image}\n\n${markdown(report)}\n`);
  writeFileSync(PICTURE, picture(goalsOf(report)));
}
