import {
  containersOf,
  failing,
  find,
  labelOf,
  podLabelsOf,
  podSpecOf,
  selects,
  workloadOf,
  type Container,
  type Labels,
  type Manifest,
  type PodSpec,
} from './manifest';

/** The user of the image, see the Dockerfile. */
const USER_ID = 1000;
/** Share of the memory limit that Node's heap may take: buffers, code and stacks are outside of it. */
const HEAP_SHARE_MAX = 0.8;

/** What an operator's checklist asks of every workload, whatever runs in it, as sentences that fail. */
export function ruleProblems(manifests: readonly Manifest[]): string[] {
  return manifests.flatMap((manifest) => {
    const label = labelOf(manifest);
    if (manifest.kind === 'Secret') return [`${label}: a secret in the manifests`];
    const pod = podSpecOf(manifest);
    if (!pod) return [];
    return [
      ...podProblems(pod, manifests, manifest),
      ...containersOf(pod).flatMap((container) => containerProblems(container)),
      ...(manifest.kind === 'Deployment' ? deploymentProblems(manifests, manifest) : []),
      ...(manifest.kind === 'Job' ? jobProblems(manifest) : []),
    ].map((problem) => `${label}: ${problem}`);
  });
}

function podProblems(pod: PodSpec, manifests: readonly Manifest[], owner: Manifest): string[] {
  const security = pod.securityContext ?? {};
  const { seccompProfile } = security as { seccompProfile?: { type?: string } };
  return failing([
    [pod.automountServiceAccountToken === false, 'mounts a service account token'],
    [pod.serviceAccountName === owner.metadata.name, 'has no service account of its own'],
    [
      find(manifests, 'ServiceAccount', owner.metadata.name) !== undefined,
      'its service account is missing',
    ],
    [security.runAsNonRoot === true, 'may run as root'],
    [security.runAsUser === USER_ID, `does not run as user ${USER_ID}`],
    [seccompProfile?.type === 'RuntimeDefault', 'has no seccomp profile'],
    [
      [pod, ...containersOf(pod)].every((part) => !isPrivileged(part)),
      'takes part of its host, or is privileged',
    ],
  ]);
}

const isPrivileged = (part: object): boolean => {
  const { securityContext, ...fields } = part as Readonly<Record<string, unknown>>;
  const { privileged } = (securityContext ?? {}) as { privileged?: boolean };
  return privileged === true || ['hostNetwork', 'hostPID', 'hostIPC'].some((name) => fields[name]);
};

function containerProblems(container: Container): string[] {
  const { requests = {}, limits = {} } = container.resources ?? {};
  return [
    ...failing([
      [hasFixedTag(container.image), 'its image has no fixed tag'],
      [requests.cpu !== undefined, 'requests no CPU'],
      [requests.memory !== undefined, 'requests no memory'],
      [limits.memory !== undefined, 'has no memory limit'],
      [limits.cpu === undefined, 'has a CPU limit, which throttles the path'],
      [heapFits(container), `its heap may take over ${HEAP_SHARE_MAX} of the memory limit`],
    ]),
    ...securityProblems(container),
  ];
}

/** `latest`, no tag, and tags without a number move. */
export const hasFixedTag = (image: string | undefined): boolean =>
  /(:[\w.-]*\d[\w.-]*|@sha256:[0-9a-f]{64})$/.test(image ?? '');

function heapFits({ env = [], resources }: Container): boolean {
  const options = env.find(({ name }) => name === 'NODE_OPTIONS')?.value ?? '';
  const heapMebibytes = /--max-old-space-size=(\d+)/.exec(options)?.[1];
  const limit = /^(\d+)(Mi|Gi)$/.exec(resources?.limits?.memory ?? '');
  if (heapMebibytes === undefined || !limit) return true;
  const limitMebibytes = Number(limit[1]) * (limit[2] === 'Gi' ? 1024 : 1);
  return Number(heapMebibytes) <= limitMebibytes * HEAP_SHARE_MAX;
}

function securityProblems(container: Container): string[] {
  const security = container.securityContext ?? {};
  const { capabilities } = security as { capabilities?: { drop?: string[]; add?: string[] } };
  return failing([
    [security.readOnlyRootFilesystem === true, 'has a writable root file system'],
    [security.allowPrivilegeEscalation === false, 'may gain privileges'],
    [
      capabilities?.drop?.includes('ALL') === true && capabilities.add === undefined,
      'keeps capabilities',
    ],
    [(security.runAsUser ?? USER_ID) === USER_ID, `does not run as user ${USER_ID}`],
  ]);
}

function deploymentProblems(manifests: readonly Manifest[], owner: Manifest): string[] {
  const { replicas = 1, selector, strategy } = workloadOf(owner);
  const labels = podLabelsOf(owner);
  return [
    ...failing([
      [replicas >= 2, 'has one replica, so each restart is an outage'],
      [selects(selector?.matchLabels ?? {}, labels), 'its selector does not choose its own pods'],
      [
        strategy?.rollingUpdate?.maxUnavailable === 0,
        'takes a pod away before its successor is ready',
      ],
    ]),
    ...budgetProblems(manifests, labels),
  ];
}

interface BudgetSpec {
  readonly maxUnavailable?: number;
  readonly selector?: { readonly matchLabels?: Labels };
}

function budgetProblems(manifests: readonly Manifest[], labels: Labels): string[] {
  const budgets = manifests
    .filter(({ kind }) => kind === 'PodDisruptionBudget')
    .map(({ spec }) => (spec ?? {}) as BudgetSpec)
    .filter(({ selector }) => selects(selector?.matchLabels ?? {}, labels));
  if (budgets.length !== 1) return [`has ${budgets.length} disruption budgets, not one`];
  return failing([
    [budgets[0]?.maxUnavailable === 1, 'its disruption budget is not one pod at a time'],
  ]);
}

function jobProblems(job: Manifest): string[] {
  const spec = job.spec as Readonly<Record<string, unknown>>;
  return ['backoffLimit', 'activeDeadlineSeconds', 'ttlSecondsAfterFinished']
    .filter((field) => typeof spec[field] !== 'number')
    .map((field) => `has no ${field}`);
}
