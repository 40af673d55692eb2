type Json = Readonly<Record<string, unknown>>;

interface Schema {
  readonly $ref?: string;
  readonly type?: string | readonly string[];
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly items?: Schema;
  readonly oneOf?: readonly Schema[];
  readonly anyOf?: readonly Schema[];
  readonly allOf?: readonly Schema[];
}

interface Operation {
  readonly parameters?: readonly { readonly name: string; readonly in: string }[];
  readonly requestBody?: { readonly content?: Readonly<Record<string, { schema?: Schema }>> };
}

interface Description {
  readonly paths: Readonly<Record<string, Readonly<Record<string, Operation>>>>;
  readonly components: { readonly schemas: Readonly<Record<string, Schema>> };
}

/** A request that a route of the API's description could get. */
export interface DescribedRequest {
  readonly method: string;
  /** With `{names}` for what varies. */
  readonly route: string;
  /** The URL's path and query. */
  readonly path: string;
  readonly body: Json | undefined;
}

const DEPTH_MAX = 8;

/**
 * One request for each route of `/docs-json`, with a text in the place of everything that may be text.
 * @param given what stands in paths instead, by name
 */
export async function requestsWith(
  url: string,
  text: string,
  given: Readonly<Record<string, string>>,
): Promise<DescribedRequest[]> {
  const answer = await fetch(`${url}/docs-json`);
  const { paths, components } = (await answer.json()) as Description;
  return Object.entries(paths).flatMap(([route, operations]) =>
    Object.entries(operations).map(([method, { parameters = [], requestBody }]) => {
      const schema = requestBody?.content?.['application/json']?.schema;
      const query = parameters
        .filter((parameter) => parameter.in === 'query')
        .map(({ name }) => `${name}=${text}`);
      const path = route.replaceAll(/\{([^}]+)\}/g, (_, name: string) => given[name] ?? text);
      return {
        method: method.toUpperCase(),
        route,
        path: query.length === 0 ? path : `${path}?${query.join('&')}`,
        body: schema && (filled(schema, components.schemas, text, 0) as Json),
      };
    }),
  );
}

function filled(
  schema: Schema,
  schemas: Description['components']['schemas'],
  text: string,
  depth: number,
): unknown {
  if (depth > DEPTH_MAX) return text;
  const next = (inner: Schema): unknown => filled(inner, schemas, text, depth + 1);
  const { $ref, type, properties, items, oneOf, anyOf, allOf } = schema;
  const referred = $ref === undefined ? undefined : schemas[$ref.split('/').at(-1) ?? ''];
  const [first] = [referred, oneOf?.[0], anyOf?.[0], allOf?.[0]].filter((each) => each);
  if (first) return next(first);
  if (properties) {
    return Object.fromEntries(
      Object.entries(properties).map(([name, property]) => [name, next(property)]),
    );
  }
  if (items) return [next(items)];
  return [type].flat().includes('object') ? { [text]: text } : text;
}
