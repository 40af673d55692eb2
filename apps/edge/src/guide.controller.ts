import { Controller, Get, Param, Res } from '@nestjs/common';
import { ApiExcludeController } from '@nestjs/swagger';
import type { FastifyReply } from 'fastify';
import { GUIDE_PAGES } from './guide-page';
import { GuideService } from './guide.service';

/** The pages run no script and load nothing but their own stylesheet. */
const POLICY =
  "default-src 'none'; style-src 'self'; img-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";
const [START] = GUIDE_PAGES;

/** The guides for people who build on the gateway; no part of the API. */
@ApiExcludeController()
@Controller()
export class GuideController {
  constructor(private readonly guides: GuideService) {}

  @Get('guide')
  start(@Res() reply: FastifyReply): void {
    this.sendPage(reply, START?.name ?? '');
  }

  @Get('guide/style.css')
  style(@Res() reply: FastifyReply): void {
    void reply.header('content-type', 'text/css; charset=utf-8').send(this.guides.style);
  }

  @Get('guide/:page')
  page(@Param('page') name: string, @Res() reply: FastifyReply): void {
    if (name.endsWith('.md')) {
      const source = this.guides.source(name.slice(0, -'.md'.length));
      void reply.header('content-type', 'text/markdown; charset=utf-8').send(source);
    } else {
      this.sendPage(reply, name);
    }
  }

  @Get('llms.txt')
  llms(@Res() reply: FastifyReply): void {
    void reply.header('content-type', 'text/plain; charset=utf-8').send(this.guides.llms);
  }

  private sendPage(reply: FastifyReply, name: string): void {
    const page = this.guides.page(name);
    void reply
      .header('content-type', 'text/html; charset=utf-8')
      .header('content-security-policy', POLICY)
      .header('referrer-policy', 'no-referrer')
      .send(page);
  }
}
