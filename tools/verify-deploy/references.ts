import {
  containersOf,
  labelOf,
  podLabelsOf,
  podSpecOf,
  selects,
  type Container,
  type Labels,
  type Manifest,
} from './manifest';

/** What one object names of another that is not there, and what the example of the Secret lacks or has too much. */
export function referenceProblems(
  manifests: readonly Manifest[],
  exampleSecret: Manifest,
): string[] {
  const secrets = manifests.flatMap((manifest) => secretReferences(manifest));
  const keys = Object.keys(exampleSecret.stringData ?? {});
  const used = new Set(secrets.map(({ key }) => key));
  return [
    ...manifests.flatMap((manifest) => [
      ...configMapProblems(manifest, manifests),
      ...(manifest.kind === 'Service' ? serviceProblems(manifest, manifests) : []),
    ]),
    ...secrets
      .filter(({ name, key }) => name !== exampleSecret.metadata.name || !keys.includes(key))
      .map(({ owner, name, key }) => `${owner}: k8s/secrets.example.yaml has no ${key} of ${name}`),
    ...keys
      .filter((key) => !used.has(key))
      .map((key) => `k8s/secrets.example.yaml: nobody uses ${key}`),
    ...Object.entries((exampleSecret.stringData ?? {}) as Labels)
      .filter(([, value]) => !/<[a-z]+>/.test(value))
      .map(([key]) => `k8s/secrets.example.yaml: ${key} is no placeholder`),
  ];
}

function containersIn(manifest: Manifest): readonly Container[] {
  const pod = podSpecOf(manifest);
  return pod ? containersOf(pod) : [];
}

function secretReferences(manifest: Manifest): { owner: string; name: string; key: string }[] {
  return containersIn(manifest).flatMap(({ env = [] }) =>
    env.flatMap(({ valueFrom }) =>
      valueFrom?.secretKeyRef ? [{ owner: labelOf(manifest), ...valueFrom.secretKeyRef }] : [],
    ),
  );
}

function configMapProblems(manifest: Manifest, manifests: readonly Manifest[]): string[] {
  return containersIn(manifest)
    .flatMap(({ envFrom = [] }) => envFrom)
    .flatMap(({ configMapRef, secretRef }) => {
      if (secretRef !== undefined) return ['takes every key of a Secret'];
      const isThere = manifests.some(
        ({ kind, metadata }) => kind === 'ConfigMap' && metadata.name === configMapRef?.name,
      );
      return isThere ? [] : [`there is no ConfigMap ${configMapRef?.name ?? ''}`];
    })
    .map((problem) => `${labelOf(manifest)}: ${problem}`);
}

interface ServiceSpec {
  readonly selector?: Labels;
  readonly ports?: readonly { readonly targetPort?: string | number }[];
}

/** A Service leads to the public port alone: health and metrics are for the cluster. */
function serviceProblems(service: Manifest, manifests: readonly Manifest[]): string[] {
  const { selector = {}, ports = [] } = (service.spec ?? {}) as ServiceSpec;
  const target = manifests.find(
    (each) => each.kind === 'Deployment' && selects(selector, podLabelsOf(each)),
  );
  if (!target) return [`${labelOf(service)}: chooses no pods`];
  const names = containersIn(target).flatMap((container) =>
    (container.ports ?? []).map(({ name }) => name),
  );
  return ports
    .filter(({ targetPort }) => targetPort !== 'http' || !names.includes('http'))
    .map(({ targetPort }) => `${labelOf(service)}: leads to port ${targetPort ?? ''}, not to http`);
}
