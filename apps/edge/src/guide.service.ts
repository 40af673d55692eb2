import { existsSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { Injectable } from '@nestjs/common';
import { AppError } from '@gateway/errors';
import MarkdownIt from 'markdown-it';
import { GUIDE_PAGES, GUIDE_STYLE, guideHtml, llmsText } from './guide-page';

/** The folder `docs` of this installation, wherever the program was built to. */
function docsFolder(): string {
  for (let folder = __dirname; folder !== dirname(folder); folder = dirname(folder)) {
    if (existsSync(join(folder, 'docs/guide'))) return join(folder, 'docs');
  }
  throw new Error('the folder docs/guide is missing');
}

/** The guides, as pages for people and as text for machines; read and rendered once. */
@Injectable()
export class GuideService {
  readonly style = GUIDE_STYLE;
  readonly llms = llmsText();
  private readonly sources = new Map<string, string>();
  private readonly pages = new Map<string, string>();

  constructor() {
    const docs = docsFolder();
    // The guides are ours, and still no HTML comes out of them that Markdown did not make.
    const markdown = new MarkdownIt({ html: false });
    for (const page of GUIDE_PAGES) {
      const source = readFileSync(join(docs, page.file), 'utf8');
      this.sources.set(page.name, source);
      this.pages.set(page.name, guideHtml(page, markdown.render(source)));
    }
  }

  /** @throws AppError GW_404 */
  page(name: string): string {
    return found(this.pages.get(name));
  }

  /**
   * The page as it was written.
   *
   * @throws AppError GW_404
   */
  source(name: string): string {
    return found(this.sources.get(name));
  }
}

function found(text: string | undefined): string {
  if (text === undefined) throw new AppError('GW_404');
  return text;
}
