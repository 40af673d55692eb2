import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseAllDocuments } from 'yaml';
import type { Manifest } from './manifest';

/** A file that cannot be read as what it should be; the message names it. */
export class UnreadableError extends Error {}

interface Kustomization {
  readonly apiVersion: string;
  readonly kind: string;
  readonly resources?: readonly string[];
  readonly configMapGenerator?: readonly {
    readonly name: string;
    readonly envs?: readonly string[];
    readonly options?: { readonly labels?: Readonly<Record<string, string>> };
  }[];
}

const KUSTOMIZATION_FIELDS = ['apiVersion', 'kind', 'resources', 'configMapGenerator'];

/**
 * The manifests of a base as `kubectl kustomize` renders them; without kubectl as they stand, with the ConfigMaps made
 * here. The files are parsed in both cases, as kubectl lets pass what is no good YAML.
 *
 * @throws UnreadableError
 */
export function renderedManifests(directory: string): Manifest[] {
  const plain = plainManifests(directory);
  const { error, status, stdout, stderr } = spawnSync('kubectl', ['kustomize', directory], {
    encoding: 'utf8',
  });
  if (error && 'code' in error && error.code === 'ENOENT') return plain;
  if (error || status !== 0) {
    throw new UnreadableError(`kubectl kustomize: ${error?.message ?? stderr.trim()}`);
  }
  return manifestsIn(stdout, 'kubectl kustomize');
}

function plainManifests(directory: string): Manifest[] {
  const path = join(directory, 'kustomization.yaml');
  const [kustomization] = yamlDocuments<Kustomization>(readText(path), 'kustomization.yaml');
  const unknown = Object.keys(kustomization ?? {}).find(
    (field) => !KUSTOMIZATION_FIELDS.includes(field),
  );
  if (!kustomization || unknown !== undefined) {
    throw new UnreadableError(`kustomization.yaml: ${unknown ?? 'nothing'} is not known here`);
  }
  const { resources = [], configMapGenerator = [] } = kustomization;
  return [
    ...resources.flatMap((name) => manifestsIn(readText(join(directory, name)), name)),
    ...configMapGenerator.map(({ name, envs = [], options }) => ({
      apiVersion: 'v1',
      kind: 'ConfigMap',
      metadata: { name, ...options },
      data: Object.fromEntries(envs.flatMap((file) => environmentFile(join(directory, file)))),
    })),
  ];
}

function manifestsIn(text: string, name: string): Manifest[] {
  const manifests = yamlDocuments<Partial<Manifest> | null>(text, name);
  return manifests.map((manifest) => {
    if (!isManifest(manifest)) {
      throw new UnreadableError(`${name}: a document without apiVersion, kind or metadata.name`);
    }
    return manifest;
  });
}

const isManifest = (manifest: Partial<Manifest> | null): manifest is Manifest =>
  typeof manifest?.apiVersion === 'string' &&
  typeof manifest.kind === 'string' &&
  typeof manifest.metadata?.name === 'string';

/**
 * Every document of a YAML text; a key that stands twice or any other fault of form is an error.
 *
 * @throws UnreadableError
 */
export function yamlDocuments<T>(text: string, name: string): T[] {
  return parseAllDocuments(text, { uniqueKeys: true, merge: true }).map((document) => {
    const [fault] = document.errors;
    if (fault) throw new UnreadableError(`${name}: ${fault.message}`);
    return document.toJS() as T;
  });
}

/** Names and values of an env file of a ConfigMap generator. */
function environmentFile(path: string): [string, string][] {
  return readText(path)
    .split('\n')
    .filter((line) => line.trim() !== '' && !line.startsWith('#'))
    .map((line) => {
      const at = line.indexOf('=');
      return [line.slice(0, at), line.slice(at + 1)];
    });
}

export function readText(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    throw new UnreadableError(error instanceof Error ? error.message : String(error));
  }
}
