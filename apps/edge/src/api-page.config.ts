import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { DocumentBuilder, SwaggerModule, type OpenAPIObject } from '@nestjs/swagger';
import { API_SCHEMAS } from './api-schemas';
import { TASKS } from './management-api';

const DESCRIPTION =
  'One request with an API key sends a WhatsApp message: key, rate limit, balance and dispatch are checked on the way. ' +
  'Every answer has one form, every error a code of the catalogue.';

/** Serves the API's description: the page at `/docs`, the document at `/docs-json`. */
export function setUpApiPage(app: NestFastifyApplication): void {
  SwaggerModule.setup('docs', app, () => describeApi(app), {
    jsonDocumentUrl: 'docs-json',
    raw: ['json'],
    customSiteTitle: 'WhatsApp gateway API',
    swaggerOptions: { persistAuthorization: true, displayRequestDuration: true },
  });
}

function describeApi(app: NestFastifyApplication): OpenAPIObject {
  const builder = new DocumentBuilder()
    .setOpenAPIVersion('3.1.0')
    .setTitle('WhatsApp gateway')
    .setDescription(DESCRIPTION)
    .setVersion('1')
    .addServer('/', 'this gateway')
    .addBearerAuth(
      {
        type: 'http',
        scheme: 'bearer',
        description: 'API key: pk_... for production, sk_... for staging.',
      },
      'apiKey',
    )
    .addBearerAuth(
      { type: 'http', scheme: 'bearer', description: 'Access token of a signed-in user.' },
      'accessToken',
    )
    .addTag('Messages', 'Sending, by API key.');
  for (const task of Object.values(TASKS)) builder.addTag(task);
  const document = SwaggerModule.createDocument(app, builder.build());
  document.components = {
    ...document.components,
    schemas: { ...document.components?.schemas, ...(API_SCHEMAS as object) },
  };
  return document;
}
