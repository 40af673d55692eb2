export interface GuidePage {
  readonly name: string;
  /** Below `docs`. */
  readonly file: string;
  readonly title: string;
  readonly about: string;
}

const guide = (name: string, title: string, about: string): GuidePage => ({
  name,
  file: `guide/${name}.md`,
  title,
  about,
});

/** The guides in the order in which one reads them; the first is the start page. */
export const GUIDE_PAGES: readonly GuidePage[] = [
  guide('quickstart', 'Quickstart', 'from nothing to a delivered message'),
  guide('send', 'Send a message', 'types, idempotency, what each answer means'),
  guide('webhooks', 'Webhooks', 'every event, how to verify it, retries, replays'),
  guide('authentication', 'Authentication', 'API keys, staging, signing in'),
  guide('errors', 'Errors', 'the one form of errors and what to do'),
  {
    name: 'error-codes',
    file: 'errors.md',
    title: 'Error codes',
    about: 'every code with status, meaning and resolution',
  },
  guide('templates', 'Templates', 'sending them, and what Meta says about them'),
  guide('billing', 'Billing', 'fees, holds, what a message has cost'),
  guide('connect-a-number', 'Connect a real number', 'Meta app, callback URL, production'),
];

/** A whole page around what was rendered. */
export function guideHtml({ name, title }: GuidePage, content: string): string {
  const links = GUIDE_PAGES.map((page) => {
    const current = page.name === name ? ' aria-current="page"' : '';
    return `<li><a href="/guide/${page.name}"${current}>${page.title}</a></li>`;
  });
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${title} · WhatsApp gateway</title>
<link rel="stylesheet" href="/guide/style.css">
</head>
<body>
<nav aria-label="Guides"><ul>${links.join('')}<li><a href="/docs">API reference</a></li></ul></nav>
<main>
${content}</main>
</body>
</html>
`;
}

/** What a language model should know of the guides, by the convention of llms.txt. */
export const llmsText = (): string =>
  [
    '# WhatsApp gateway',
    '',
    "> A multi-tenant gateway in front of Meta's WhatsApp Cloud API: send by one HTTP request with an API key, get Meta's events by signed webhooks, pay from a prepaid wallet.",
    '',
    '## Guides',
    '',
    ...GUIDE_PAGES.map(({ name, title, about }) => `- [${title}](/guide/${name}.md): ${about}`),
    '',
    '## Reference',
    '',
    '- [OpenAPI](/docs-json): every route with its fields and errors',
    '',
  ].join('\n');

/** Light and dark, readable at 390 px, nothing from anywhere else. */
export const GUIDE_STYLE = `:root { color-scheme: light dark; --line: light-dark(#d7dbe0, #3a4048); --soft: light-dark(#f3f5f7, #22262b); --link: light-dark(#0a5c36, #7fd6a8); }
* { box-sizing: border-box; }
body { margin: 0 auto; max-width: 72rem; padding: 1rem; font: 1rem/1.6 system-ui, sans-serif; display: grid; gap: 2rem; grid-template-columns: 14rem minmax(0, 1fr); }
nav ul { list-style: none; margin: 0; padding: 0; position: sticky; top: 1rem; }
nav a { display: block; padding: .3rem .6rem; text-decoration: none; border-radius: .3rem; }
nav a[aria-current] { background: var(--soft); font-weight: 600; }
a { color: var(--link); }
a:focus-visible { outline: 2px solid var(--link); outline-offset: 2px; }
h1, h2, h3 { line-height: 1.25; }
pre { background: var(--soft); padding: .9rem; overflow-x: auto; border-radius: .4rem; }
code { font-family: ui-monospace, monospace; font-size: .9em; }
table { border-collapse: collapse; display: block; overflow-x: auto; }
th, td { border: 1px solid var(--line); padding: .4rem .6rem; text-align: left; vertical-align: top; }
@media (max-width: 50rem) { body { grid-template-columns: minmax(0, 1fr); gap: 0; } nav ul { position: static; display: flex; flex-wrap: wrap; } }
`;
