import { checkId, checkText, type Findings, type JsonObject } from './findings';

/** A file is given by its id at Meta or by a link, never by both. */
export function checkMediaSource(findings: Findings, path: string, object: JsonObject): void {
  const { id, link } = object;
  if (id === undefined && link === undefined) {
    findings.add(path, 'needs either id or link');
  } else if (id !== undefined && link !== undefined) {
    findings.add(path, 'must not have both id and link');
  }
  if (id !== undefined) checkId(findings, `${path}.id`, id);
  if (link !== undefined) checkText(findings, `${path}.link`, link);
}
