import {
  asList,
  asObject,
  asOptionalObject,
  checkId,
  checkOneOf,
  checkText,
  type Findings,
  type JsonObject,
} from './findings';
import { checkMediaSource } from './media-source';

const BODY_CHARACTERS_MAX = 1024;
/** Meta's page on lists allows more than its specification does; what may be accepted passes. */
const LIST_BODY_CHARACTERS_MAX = 4096;
const SHORT_TEXT_CHARACTERS_MAX = 60;
const BUTTONS_MAX = 3;
const BUTTON_TITLE_CHARACTERS_MAX = 20;
const BUTTON_ID_CHARACTERS_MAX = 256;
const SECTIONS_MAX = 10;
const SECTION_TITLE_CHARACTERS_MAX = 24;
const ROWS_MAX = 10;
const ROW_ID_CHARACTERS_MAX = 200;
const ROW_DESCRIPTION_CHARACTERS_MAX = 72;
const FLOW_CTA_CHARACTERS_MAX = 30;
const PRODUCTS_MAX = 30;
const HEADER_MEDIA = ['image', 'video', 'document'];
const BODY_REQUIRED = ['button', 'list', 'cta_url', 'flow', 'product_list', 'catalog_message'];
const WEB_ADDRESS = /^https?:\/\/([^/?#\s]+)/i;
const BARE_ADDRESS = /^(\[|\d{1,3}(\.\d{1,3}){3}(:\d+)?$)/;

type ActionRule = (findings: Findings, path: string, action: JsonObject) => void;

/** Types without a rule (orders, addresses, carousels, what Meta adds next) need an action and pass. */
const ACTION_RULES: Readonly<Partial<Record<string, ActionRule>>> = {
  button: checkButtons,
  list: checkList,
  cta_url: checkLinkButton,
  flow: checkFlow,
  product: checkProduct,
  product_list: checkProducts,
  catalog_message: (findings, path, action) => {
    checkOneOf(findings, `${path}.name`, action.name, ['catalog_message']);
  },
};

/** What Meta would certainly refuse of an interactive message. */
export function checkInteractive(findings: Findings, path: string, content: unknown): void {
  const interactive = asObject(findings, path, content);
  if (!interactive) return;
  const { type } = interactive;
  checkText(findings, `${path}.type`, type);
  const kind = typeof type === 'string' ? type : '';
  checkBody(findings, `${path}.body`, interactive.body, kind);
  const footer = asOptionalObject(findings, `${path}.footer`, interactive.footer);
  if (footer) {
    checkText(findings, `${path}.footer.text`, footer.text, {
      charactersMax: SHORT_TEXT_CHARACTERS_MAX,
    });
  }
  checkHeader(findings, `${path}.header`, interactive.header, kind);
  const action = asObject(findings, `${path}.action`, interactive.action);
  if (action && Object.hasOwn(ACTION_RULES, kind)) {
    ACTION_RULES[kind]?.(findings, `${path}.action`, action);
  }
}

function checkBody(findings: Findings, path: string, value: unknown, kind: string): void {
  if (value === undefined && !BODY_REQUIRED.includes(kind)) return;
  const body = asObject(findings, path, value);
  if (!body) return;
  const charactersMax = kind === 'list' ? LIST_BODY_CHARACTERS_MAX : BODY_CHARACTERS_MAX;
  checkText(findings, `${path}.text`, body.text, { charactersMax });
}

function checkHeader(findings: Findings, path: string, value: unknown, kind: string): void {
  if (value === undefined) {
    if (kind === 'product_list') findings.add(path, 'is missing');
    return;
  }
  if (kind === 'product') {
    findings.add(path, 'is not allowed for this type');
    return;
  }
  const header = asObject(findings, path, value);
  if (!header) return;
  const { type } = header;
  const isTextOnly = kind === 'list' || kind === 'product_list';
  checkOneOf(findings, `${path}.type`, type, isTextOnly ? ['text'] : ['text', ...HEADER_MEDIA]);
  if (type === 'text') {
    checkText(findings, `${path}.text`, header.text, {
      charactersMax: SHORT_TEXT_CHARACTERS_MAX,
    });
  } else if (typeof type === 'string' && HEADER_MEDIA.includes(type)) {
    const file = asObject(findings, `${path}.${type}`, header[type]);
    if (file) checkMediaSource(findings, `${path}.${type}`, file);
  }
}

function checkButtons(findings: Findings, path: string, action: JsonObject): void {
  const buttonsPath = `${path}.buttons`;
  const buttons = asList(findings, buttonsPath, action.buttons, {
    itemsMin: 1,
    itemsMax: BUTTONS_MAX,
  });
  const titles = new Set<unknown>();
  buttons?.forEach((value, index) => {
    const buttonPath = `${buttonsPath}[${index}]`;
    const button = asObject(findings, buttonPath, value);
    if (!button) return;
    checkOneOf(findings, `${buttonPath}.type`, button.type, ['reply']);
    const reply = asObject(findings, `${buttonPath}.reply`, button.reply);
    if (!reply) return;
    checkId(findings, `${buttonPath}.reply.id`, reply.id, {
      charactersMax: BUTTON_ID_CHARACTERS_MAX,
    });
    checkText(findings, `${buttonPath}.reply.title`, reply.title, {
      charactersMax: BUTTON_TITLE_CHARACTERS_MAX,
    });
    if (titles.has(reply.title)) {
      findings.add(`${buttonPath}.reply.title`, 'must differ from the other titles');
    }
    if (reply.title !== undefined) titles.add(reply.title);
  });
}

function checkList(findings: Findings, path: string, action: JsonObject): void {
  checkText(findings, `${path}.button`, action.button, {
    charactersMax: BUTTON_TITLE_CHARACTERS_MAX,
  });
  let rowCount = 0;
  forEachSection(findings, `${path}.sections`, action.sections, (section, sectionPath) => {
    const rows = asList(findings, `${sectionPath}.rows`, section.rows, { itemsMin: 1 });
    rows?.forEach((row, index) => {
      checkRow(findings, `${sectionPath}.rows[${index}]`, row);
    });
    rowCount += rows?.length ?? 0;
  });
  if (rowCount > ROWS_MAX) {
    findings.add(`${path}.sections`, `must have at most ${ROWS_MAX} rows in total`);
  }
}

function checkRow(findings: Findings, path: string, value: unknown): void {
  const row = asObject(findings, path, value);
  if (!row) return;
  checkId(findings, `${path}.id`, row.id, { charactersMax: ROW_ID_CHARACTERS_MAX });
  checkText(findings, `${path}.title`, row.title, {
    charactersMax: SECTION_TITLE_CHARACTERS_MAX,
  });
  checkText(findings, `${path}.description`, row.description, {
    isRequired: false,
    charactersMax: ROW_DESCRIPTION_CHARACTERS_MAX,
  });
}

function checkLinkButton(findings: Findings, path: string, action: JsonObject): void {
  checkOneOf(findings, `${path}.name`, action.name, ['cta_url']);
  const parameters = asObject(findings, `${path}.parameters`, action.parameters);
  if (!parameters) return;
  checkText(findings, `${path}.parameters.display_text`, parameters.display_text, {
    charactersMax: BUTTON_TITLE_CHARACTERS_MAX,
  });
  const { url } = parameters;
  checkText(findings, `${path}.parameters.url`, url);
  if (typeof url !== 'string' || url === '') return;
  const host = WEB_ADDRESS.exec(url)?.[1];
  if (host === undefined) {
    findings.add(`${path}.parameters.url`, 'must begin with http:// or https://');
  } else if (BARE_ADDRESS.test(host)) {
    findings.add(`${path}.parameters.url`, 'must name a host, not an IP address');
  }
}

function checkFlow(findings: Findings, path: string, action: JsonObject): void {
  checkOneOf(findings, `${path}.name`, action.name, ['flow']);
  const parametersPath = `${path}.parameters`;
  const parameters = asObject(findings, parametersPath, action.parameters);
  if (!parameters) return;
  const { flow_id: flowId, flow_name: flowName, mode, flow_action: flowAction } = parameters;
  checkId(findings, `${parametersPath}.flow_message_version`, parameters.flow_message_version);
  checkText(findings, `${parametersPath}.flow_cta`, parameters.flow_cta, {
    charactersMax: FLOW_CTA_CHARACTERS_MAX,
  });
  if ((flowId === undefined) === (flowName === undefined)) {
    findings.add(parametersPath, 'needs exactly one of flow_id and flow_name');
  }
  if (mode !== undefined) {
    checkOneOf(findings, `${parametersPath}.mode`, mode, ['draft', 'published']);
  }
  if (flowAction !== undefined) {
    checkOneOf(findings, `${parametersPath}.flow_action`, flowAction, [
      'navigate',
      'data_exchange',
    ]);
  }
}

function checkProduct(findings: Findings, path: string, action: JsonObject): void {
  checkId(findings, `${path}.catalog_id`, action.catalog_id);
  checkId(findings, `${path}.product_retailer_id`, action.product_retailer_id);
}

function checkProducts(findings: Findings, path: string, action: JsonObject): void {
  checkId(findings, `${path}.catalog_id`, action.catalog_id);
  let productCount = 0;
  forEachSection(findings, `${path}.sections`, action.sections, (section, sectionPath) => {
    const itemsPath = `${sectionPath}.product_items`;
    const items = asList(findings, itemsPath, section.product_items, { itemsMin: 1 });
    items?.forEach((value, index) => {
      const item = asObject(findings, `${itemsPath}[${index}]`, value);
      if (!item) return;
      checkId(findings, `${itemsPath}[${index}].product_retailer_id`, item.product_retailer_id);
    });
    productCount += items?.length ?? 0;
  });
  if (productCount > PRODUCTS_MAX) {
    findings.add(`${path}.sections`, `must have at most ${PRODUCTS_MAX} products in total`);
  }
}

function forEachSection(
  findings: Findings,
  path: string,
  value: unknown,
  check: (section: JsonObject, path: string) => void,
): void {
  const sections = asList(findings, path, value, { itemsMin: 1, itemsMax: SECTIONS_MAX });
  sections?.forEach((item, index) => {
    const section = asObject(findings, `${path}[${index}]`, item);
    if (!section) return;
    checkText(findings, `${path}[${index}].title`, section.title, {
      isRequired: sections.length > 1,
      charactersMax: SECTION_TITLE_CHARACTERS_MAX,
    });
    check(section, `${path}[${index}]`);
  });
}
