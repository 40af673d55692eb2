import type { MessageType } from '@gateway/contracts';
import {
  asList,
  asObject,
  asOptionalObject,
  checkBoolean,
  checkText,
  isObject,
  type Findings,
} from './findings';
import { checkInteractive } from './interactive-rules';
import { checkMediaSource } from './media-source';
import { checkTemplate } from './template-rules';

const BODY_CHARACTERS_MAX = 4096;
const CAPTION_CHARACTERS_MAX = 1024;
const CONTACTS_MAX = 5;
const DATE = /^\d{4}-\d{2}-\d{2}$/;
const NAME_PARTS = ['first_name', 'last_name', 'middle_name', 'prefix', 'suffix'];

type ContentRule = (findings: Findings, path: string, content: unknown) => void;

/** For each type what Meta would certainly refuse (limits: Meta's message reference); unknown fields pass. */
export const CONTENT_RULES: Readonly<Record<MessageType, ContentRule>> = {
  text: checkTextMessage,
  image: media({ hasCaption: true }),
  video: media({ hasCaption: true }),
  audio: media({ hasCaption: false }),
  document: media({ hasCaption: true }),
  sticker: media({ hasCaption: false }),
  location: checkLocation,
  contacts: checkContacts,
  reaction: checkReaction,
  interactive: checkInteractive,
  template: checkTemplate,
};

function checkTextMessage(findings: Findings, path: string, content: unknown): void {
  const text = asObject(findings, path, content);
  if (!text) return;
  checkText(findings, `${path}.body`, text.body, { charactersMax: BODY_CHARACTERS_MAX });
  checkBoolean(findings, `${path}.preview_url`, text.preview_url);
}

function media({ hasCaption }: { hasCaption: boolean }): ContentRule {
  return (findings, path, content) => {
    const object = asObject(findings, path, content);
    if (!object) return;
    checkMediaSource(findings, path, object);
    checkText(findings, `${path}.filename`, object.filename, { isRequired: false });
    checkBoolean(findings, `${path}.voice`, object.voice);
    if (!hasCaption && object.caption !== undefined) {
      findings.add(`${path}.caption`, 'is not allowed for this type');
    }
    if (!hasCaption) return;
    checkText(findings, `${path}.caption`, object.caption, {
      isRequired: false,
      charactersMax: CAPTION_CHARACTERS_MAX,
    });
  };
}

function checkLocation(findings: Findings, path: string, content: unknown): void {
  const location = asObject(findings, path, content);
  if (!location) return;
  checkDegrees(findings, `${path}.latitude`, location.latitude, 90);
  checkDegrees(findings, `${path}.longitude`, location.longitude, 180);
  for (const field of ['name', 'address']) {
    checkText(findings, `${path}.${field}`, location[field], { isRequired: false });
  }
}

function checkDegrees(findings: Findings, path: string, value: unknown, max: number): void {
  if (value === undefined) {
    findings.add(path, 'is missing');
    return;
  }
  const isNumber = typeof value === 'number' || (typeof value === 'string' && value.trim() !== '');
  const degrees = isNumber ? Number(value) : NaN;
  if (!(Math.abs(degrees) <= max)) {
    findings.add(path, `must be a number of degrees between -${max} and ${max}`);
  }
}

function checkContacts(findings: Findings, path: string, content: unknown): void {
  const contacts = asList(findings, path, content, { itemsMin: 1, itemsMax: CONTACTS_MAX });
  contacts?.forEach((contact, index) => {
    checkContact(findings, `${path}[${index}]`, contact);
  });
}

function checkContact(findings: Findings, path: string, value: unknown): void {
  const contact = asObject(findings, path, value);
  if (!contact) return;
  const name = asObject(findings, `${path}.name`, contact.name);
  if (name) {
    checkText(findings, `${path}.name.formatted_name`, name.formatted_name);
    if (!NAME_PARTS.some((part) => name[part] !== undefined)) {
      findings.add(`${path}.name`, `needs one of: ${NAME_PARTS.join(', ')}`);
    }
  }
  const { birthday } = contact;
  if (birthday !== undefined && !(typeof birthday === 'string' && DATE.test(birthday))) {
    findings.add(`${path}.birthday`, 'must be a date, YYYY-MM-DD');
  }
  asOptionalObject(findings, `${path}.org`, contact.org);
  for (const field of ['phones', 'emails', 'addresses', 'urls']) {
    if (contact[field] !== undefined) checkObjects(findings, `${path}.${field}`, contact[field]);
  }
}

function checkObjects(findings: Findings, path: string, value: unknown): void {
  asList(findings, path, value)?.forEach((item, index) => {
    if (!isObject(item)) findings.add(`${path}[${index}]`, 'must be an object');
  });
}

function checkReaction(findings: Findings, path: string, content: unknown): void {
  const reaction = asObject(findings, path, content);
  if (!reaction) return;
  checkText(findings, `${path}.message_id`, reaction.message_id);
  // An empty emoji takes the reaction away.
  checkText(findings, `${path}.emoji`, reaction.emoji, { mayBeEmpty: true });
}
