import { asList, asObject, checkText, isObject, type Findings } from './findings';

const NAME_CHARACTERS_MAX = 512;
const BUTTON_INDEX = /^[0-9]$/;

/** What Meta would certainly refuse of a template; its parameters are Meta's to judge. */
export function checkTemplate(findings: Findings, path: string, content: unknown): void {
  const template = asObject(findings, path, content);
  if (!template) return;
  checkText(findings, `${path}.name`, template.name, { charactersMax: NAME_CHARACTERS_MAX });
  const language = asObject(findings, `${path}.language`, template.language);
  if (language) checkText(findings, `${path}.language.code`, language.code);
  if (template.components === undefined) return;
  asList(findings, `${path}.components`, template.components)?.forEach((component, index) => {
    checkComponent(findings, `${path}.components[${index}]`, component);
  });
}

function checkComponent(findings: Findings, path: string, value: unknown): void {
  const component = asObject(findings, path, value);
  if (!component) return;
  const { type, parameters } = component;
  checkText(findings, `${path}.type`, type);
  if (typeof type === 'string' && type.toLowerCase() === 'button') {
    checkText(findings, `${path}.sub_type`, component.sub_type);
    checkButtonIndex(findings, `${path}.index`, component.index);
  }
  if (parameters === undefined) return;
  asList(findings, `${path}.parameters`, parameters)?.forEach((parameter, index) => {
    if (!isObject(parameter)) findings.add(`${path}.parameters[${index}]`, 'must be an object');
  });
}

function checkButtonIndex(findings: Findings, path: string, value: unknown): void {
  if (value === undefined) {
    findings.add(path, 'is missing');
    return;
  }
  const isScalar = typeof value === 'string' || typeof value === 'number';
  if (!isScalar || !BUTTON_INDEX.test(String(value))) {
    findings.add(path, 'must be a number from 0 to 9');
  }
}
