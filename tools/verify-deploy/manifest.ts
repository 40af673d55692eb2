/** A Kubernetes object as it stands in a manifest: untyped until it is checked. */
export interface Manifest {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: { readonly name: string; readonly labels?: Labels };
  readonly [field: string]: unknown;
}

export type Labels = Readonly<Record<string, string>>;

interface EnvironmentEntry {
  readonly name: string;
  readonly value?: string;
  readonly valueFrom?: {
    readonly secretKeyRef?: {
      readonly name: string;
      readonly key: string;
      readonly optional?: boolean;
    };
    readonly fieldRef?: { readonly fieldPath: string };
  };
}

export interface Probe {
  readonly httpGet?: { readonly path?: string; readonly port?: string | number };
}

export interface Container {
  readonly name: string;
  readonly image?: string;
  readonly command?: readonly string[];
  readonly ports?: readonly { readonly name?: string; readonly containerPort: number }[];
  readonly env?: readonly EnvironmentEntry[];
  readonly envFrom?: readonly {
    readonly configMapRef?: { readonly name: string };
    readonly secretRef?: unknown;
  }[];
  readonly resources?: {
    readonly requests?: Readonly<Record<string, string>>;
    readonly limits?: Readonly<Record<string, string>>;
  };
  readonly securityContext?: Readonly<Record<string, unknown>>;
  readonly livenessProbe?: Probe;
  readonly readinessProbe?: Probe;
  readonly startupProbe?: Probe;
}

export interface PodSpec {
  readonly serviceAccountName?: string;
  readonly automountServiceAccountToken?: boolean;
  readonly terminationGracePeriodSeconds?: number;
  readonly securityContext?: Readonly<Record<string, unknown>>;
  readonly containers: readonly Container[];
  readonly initContainers?: readonly Container[];
}

interface WorkloadSpec {
  readonly replicas?: number;
  readonly selector?: { readonly matchLabels?: Labels };
  readonly strategy?: {
    readonly rollingUpdate?: {
      readonly maxSurge?: number | string;
      readonly maxUnavailable?: number | string;
    };
  };
  readonly template?: { readonly metadata?: { readonly labels?: Labels }; readonly spec?: PodSpec };
}

/** The fields that a Deployment and a Job share, and those of a Deployment. */
export const workloadOf = (manifest: Manifest): WorkloadSpec =>
  (manifest.spec as WorkloadSpec | undefined) ?? {};

/** The pod that a Deployment or Job makes. */
export function podSpecOf(manifest: Manifest): PodSpec | null {
  const spec = workloadOf(manifest).template?.spec;
  return Array.isArray(spec?.containers) ? spec : null;
}

export const podLabelsOf = (manifest: Manifest): Labels =>
  workloadOf(manifest).template?.metadata?.labels ?? {};

export const containersOf = (pod: PodSpec): readonly Container[] => [
  ...pod.containers,
  ...(pod.initContainers ?? []),
];

export const labelOf = ({ kind, metadata }: Manifest): string => `${kind} ${metadata.name}`;

export const find = (
  manifests: readonly Manifest[],
  kind: string,
  name: string,
): Manifest | undefined =>
  manifests.find((manifest) => manifest.kind === kind && manifest.metadata.name === name);

/** Whether a selector chooses what has these labels; an empty one is a mistake here and chooses nothing. */
export const selects = (selector: Labels, labels: Labels): boolean =>
  Object.keys(selector).length > 0 &&
  Object.entries(selector).every(([name, value]) => labels[name] === value);

/** The sentences whose condition does not hold. */
export const failing = (checks: readonly (readonly [boolean, string])[]): string[] =>
  checks.filter(([isFine]) => !isFine).map(([, problem]) => problem);
