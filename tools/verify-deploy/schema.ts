import { labelOf, type Manifest } from './manifest';

type ModelClass = new (data: object) => { validate(): void };
type TypedModels = Readonly<Record<string, Readonly<Record<string, unknown>>>>;
type AttributeTypes = readonly { readonly baseName: string; readonly type: string }[];
type StrictModels = Readonly<
  Record<string, { getAttributeTypeMap?: () => AttributeTypes } | undefined>
>;

/** Two checks that miss different things: types and required fields, and fields that do not exist. */
export interface SchemaChecker {
  problemsOf(manifest: Manifest): string[];
}

/** Both packages are ES modules, and only what is loaded here is needed of them. */
export async function schemaChecker(): Promise<SchemaChecker> {
  const typed: TypedModels = {
    v1: await import('kubernetes-models/v1'),
    'apps/v1': await import('kubernetes-models/apps/v1'),
    'batch/v1': await import('kubernetes-models/batch/v1'),
    'policy/v1': await import('kubernetes-models/policy/v1'),
    'networking.k8s.io/v1': await import('kubernetes-models/networking.k8s.io/v1'),
  };
  // The package's root needs Node 22; its models alone do not.
  const models = '@kubernetes/client-node/dist/gen/models/all.js';
  const strict = (await import(models)) as StrictModels;
  return {
    problemsOf: (manifest) => [
      ...typeProblems(typed, manifest),
      ...unknownFields(strict, `V1${manifest.kind}`, manifest, labelOf(manifest)),
    ],
  };
}

function typeProblems(models: TypedModels, manifest: Manifest): string[] {
  const model = models[manifest.apiVersion]?.[manifest.kind] as ModelClass | undefined;
  if (!model) return [`${labelOf(manifest)}: no schema for it in ${manifest.apiVersion}`];
  try {
    new model(manifest).validate();
    return [];
  } catch (error) {
    return [`${labelOf(manifest)}: ${error instanceof Error ? error.message : String(error)}`];
  }
}

/** Walks the typed model of Kubernetes' own client; a field that it does not have is a typing error. */
function unknownFields(models: StrictModels, type: string, value: unknown, path: string): string[] {
  const element =
    /^Array<(.*)>$/.exec(type)?.[1] ?? /^\{ \[key: string\]: (.*); \}$/.exec(type)?.[1];
  if (typeof value !== 'object' || value === null) return [];
  if (element !== undefined) {
    return Object.entries(value).flatMap(([key, each]) =>
      unknownFields(models, element, each, `${path}.${key}`),
    );
  }
  const attributes = models[type]?.getAttributeTypeMap?.();
  if (!attributes) return [];
  const types = new Map(attributes.map(({ baseName, type: each }) => [baseName, each]));
  return Object.entries(value).flatMap(([field, each]) => {
    const fieldType = types.get(field);
    return fieldType === undefined
      ? [`${path}.${field}: unknown field of ${type}`]
      : unknownFields(models, fieldType, each, `${path}.${field}`);
  });
}
