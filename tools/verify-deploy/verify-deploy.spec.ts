import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const ROOT = join(__dirname, '../..');
const DISPATCHER = 'k8s/base/dispatcher.yaml';
const EDGE = 'k8s/base/edge.yaml';
const COMPOSE = 'docker/compose.yml';
const DOCKERFILE = 'docker/Dockerfile';
const TRIAL_KEY = 'dHJpYWwgb25seSwgbm90IGZvciBwcm9kdWN0aW9uIDI=';

interface Mistake {
  readonly name: string;
  readonly file: string;
  /** The first one is replaced. */
  readonly from: string | RegExp;
  readonly to: string;
  readonly caughtAs: RegExp;
}

const mistake = (
  name: string,
  file: string,
  [from, to]: readonly [string | RegExp, string],
  caughtAs: RegExp,
): Mistake => ({ name, file, from, to, caughtAs });

const secretOf = (name: string): RegExp =>
  new RegExp(` +- name: ${name}\\n +valueFrom:\\n +secretKeyRef:\\n.*\\n.*\\n( +optional.*\\n)?`);

const MISTAKES: readonly Mistake[] = [
  // What Kubernetes would refuse, or worse, ignore.
  mistake(
    'a misspelt field',
    DISPATCHER,
    ['readOnlyRootFilesystem', 'readOnlyRootFileSystem'],
    /containers\.0\.securityContext\.readOnlyRootFileSystem: unknown field/,
  ),
  mistake('a field too many', EDGE, ['replicas: 2', 'replica: 2'], /spec\.replica: unknown field/),
  mistake('a wrong type', DISPATCHER, ['Seconds: 60', "Seconds: '60'"], /Deployment .*integer/),
  mistake(
    'a number as a variable',
    EDGE,
    [/value: --max-old-space-size=384.*/, 'value: 384'],
    /string/,
  ),
  mistake(
    'a missing selector',
    DISPATCHER,
    [/ {2}selector:\n {4}matchLabels:\n.*\n/, ''],
    /Deployment .*selector/,
  ),
  mistake('an unknown kind', EDGE, ['kind: Service\n', 'kind: Servise\n'], /Servise .*: no schema/),
  mistake(
    'a key that stands twice',
    EDGE,
    ['replicas: 2', 'replicas: 2\n  replicas: 3'],
    /edge\.yaml/,
  ),
  mistake(
    'a file that is not there',
    'k8s/base/kustomization.yaml',
    ['edge.yaml', 'no.yaml'],
    /no\.yaml/,
  ),
  // Variables.
  mistake('a missing variable', DISPATCHER, [secretOf('DATABASE_URL'), ''], /misses DATABASE_URL/),
  mistake(
    'an optional Secret for what is required',
    DISPATCHER,
    [
      'key: dispatcher-database-url',
      'key: dispatcher-database-url\n                  optional: true',
    ],
    /needs DATABASE_URL/,
  ),
  mistake(
    'an unknown variable',
    EDGE,
    [
      '            - name: NODE_OPTIONS',
      '            - name: EDGE_IN_FLIGTH_MAX\n              value: "9"\n            - name: NODE_OPTIONS',
    ],
    /sets EDGE_IN_FLIGTH_MAX, which it does not read/,
  ),
  mistake(
    "another service's variable",
    EDGE,
    ['- name: KEY_HASH_SECRET', '- name: CREDENTIALS_KEY'],
    /sets CREDENTIALS_KEY, which/,
  ),
  mistake(
    'a shared variable for nobody',
    'k8s/base/gateway.env',
    ['LOG_LEVEL', 'LOGLEVEL'],
    /nobody reads LOGLEVEL/,
  ),
  mistake(
    'a value that is refused',
    'k8s/base/gateway.env',
    ['=12', '=twelve'],
    /KAFKA_PATH_PARTITIONS must be/,
  ),
  mistake(
    'no production',
    'k8s/base/gateway.env',
    ['=production', '=development'],
    /NODE_ENV is not production/,
  ),
  mistake(
    'a secret in clear',
    EDGE,
    [
      secretOf('COMMAND_SEALING_KEY'),
      `            - name: COMMAND_SEALING_KEY\n              value: ${'ab'.repeat(32)}\n`,
    ],
    /has COMMAND_SEALING_KEY in clear/,
  ),
  mistake(
    'a shared secret in clear',
    'k8s/base/gateway.env',
    ['LOG_LEVEL=info', 'REDIS_URL=redis://r'],
    /has REDIS_URL in clear/,
  ),
  mistake(
    'a key for trials',
    EDGE,
    [
      secretOf('COMMAND_SEALING_KEY'),
      `            - name: COMMAND_SEALING_KEY\n              value: ${TRIAL_KEY}\n`,
    ],
    /COMMAND_SEALING_KEY is a published key/,
  ),
  mistake(
    'no way to change a key',
    EDGE,
    [secretOf('COMMAND_SEALING_KEY_PREVIOUS'), ''],
    /takes no COMMAND_SEALING_KEY_PREVIOUS/,
  ),
  mistake(
    'a key that the Secret lacks',
    EDGE,
    ['key: key-hash-secret', 'key: key-hash'],
    /has no key-hash of gateway-secrets/,
  ),
  mistake(
    'a real secret as an example',
    'k8s/secrets.example.yaml',
    ['credentials-key: <key>', `credentials-key: ${TRIAL_KEY}`],
    /credentials-key is no placeholder/,
  ),
  // Ports, probes, images.
  mistake(
    'a wrong port',
    EDGE,
    ['containerPort: 9080', 'containerPort: 9081'],
    /opens ports health 9081/,
  ),
  mistake(
    'health in public',
    EDGE,
    ['targetPort: http', 'targetPort: health'],
    /leads to port health/,
  ),
  mistake(
    'a Service without pods',
    EDGE,
    [
      /selector:\n {4}app\.kubernetes\.io\/name: gateway-edge\n {2}ports/,
      'selector:\n    app: edge\n  ports',
    ],
    /Service gateway-edge: chooses no pods/,
  ),
  mistake(
    'liveness that asks for readiness',
    EDGE,
    [/(livenessProbe:\n +httpGet:\n +path: )\/health\/live/, '$1/health/ready'],
    /no liveness probe/,
  ),
  mistake(
    'a wrong probe path',
    DISPATCHER,
    ['path: /health/ready', 'path: /ready'],
    /no probe of readiness/,
  ),
  mistake('the tag latest', EDGE, ['edge:0.1.0', 'edge:latest'], /no fixed tag/),
  mistake(
    'two services with one image',
    EDGE,
    ['edge:0.1.0', 'auth:0.1.0'],
    /gateway-edge: does not run whatsapp-gateway\/edge/,
  ),
  mistake(
    'another version',
    DISPATCHER,
    [':0.1.0', ':0.0.9'],
    /does not run whatsapp-gateway\/dispatcher:0\.1\.0/,
  ),
  // What an operator asks for.
  mistake('a root user', EDGE, ['runAsUser: 1000', 'runAsUser: 0'], /does not run as user 1000/),
  mistake(
    'a possible root user',
    EDGE,
    ['runAsNonRoot: true', 'runAsNonRoot: false'],
    /may run as root/,
  ),
  mistake(
    'a writable root',
    EDGE,
    ['readOnlyRootFilesystem: true', 'readOnlyRootFilesystem: false'],
    /writable root/,
  ),
  mistake('capabilities', EDGE, ['- ALL', '- NET_RAW'], /keeps capabilities/),
  mistake(
    'a CPU limit',
    EDGE,
    ['limits:\n', 'limits:\n              cpu: 500m\n'],
    /has a CPU limit/,
  ),
  mistake('no memory limit', EDGE, [/ +limits:\n +memory.*\n/, ''], /no memory limit/),
  mistake('a heap as large as the limit', EDGE, ['size=384', 'size=512'], /heap may take/),
  mistake(
    'a missing disruption budget',
    EDGE,
    [/---\napiVersion: policy[^]*?(?=---\n)/, ''],
    /has 0 disruption budgets/,
  ),
  mistake(
    'a budget for other pods',
    DISPATCHER,
    [/(PodDisruptionBudget[^]*)gateway-dispatcher\n$/, '$1gateway-edge\n'],
    /gateway-dispatcher: has 0 disruption budgets/,
  ),
  mistake(
    'a mounted token',
    EDGE,
    [/ {6}automountServiceAccountToken: false/, '      automountServiceAccountToken: true'],
    /mounts a service account token/,
  ),
  mistake(
    'too little time to end',
    EDGE,
    ['Seconds: 90', 'Seconds: 60'],
    /is killed before its end/,
  ),
  mistake(
    'more drain than time',
    'k8s/base/gateway.env',
    ['LOG_LEVEL=info', 'SHUTDOWN_DRAIN_MS=60000'],
    /is killed before its end/,
  ),
  // Kafka and Postgres.
  mistake(
    'no Job for topics',
    'k8s/base/kustomization.yaml',
    ['  - topics.yaml\n', ''],
    /there is no Job of topics/,
  ),
  mistake(
    'a Job that makes no topics',
    'k8s/base/topics.yaml',
    ['tools/topics', 'tools/seed'],
    /does not run topics/,
  ),
  mistake(
    'topics of another shape',
    'k8s/base/topics.yaml',
    [
      '          env:\n',
      '          env:\n            - name: KAFKA_PATH_PARTITIONS\n              value: "4"\n',
    ],
    /other partitions than the services/,
  ),
  mistake(
    'a client id for all pods',
    EDGE,
    [/valueFrom:\n +fieldRef:\n +fieldPath: metadata\.name/, 'value: edge'],
    /KAFKA_CLIENT_ID is not the name of the pod/,
  ),
  mistake(
    'more replicas than partitions',
    EDGE,
    ['replicas: 2', 'replicas: 13'],
    /more replicas than partitions/,
  ),
  mistake(
    'more connections than Postgres has',
    DISPATCHER,
    ['replicas: 2', 'replicas: 6'],
    /the pools take 125 connections, Postgres has 100/,
  ),
  mistake(
    'no Job for the schema',
    'k8s/base/kustomization.yaml',
    ['  - migrate.yaml\n', ''],
    /there is no Job of migrate/,
  ),
  // The image.
  mistake('an image as root', DOCKERFILE, ['USER 1000:1000\n', ''], /Dockerfile: runs as root/),
  mistake(
    'a base image that moves',
    DOCKERFILE,
    ['FROM node:20.20.2-bookworm-slim\n', 'FROM node:latest\n'],
    /base image without a fixed tag/,
  ),
  mistake(
    'a start through npm',
    DOCKERFILE,
    ['["node", "dist/main.js"]', '["npm", "start"]'],
    /does not start node itself/,
  ),
  mistake(
    'a start through a shell',
    DOCKERFILE,
    ['["node", "dist/main.js"]', 'node dist/main.js'],
    /does not start node itself/,
  ),
  mistake(
    'a flag under which V8 does not take the code that was kept',
    DOCKERFILE,
    [
      'ENV NODE_OPTIONS="--max-old-space-size=384',
      'ENV NODE_OPTIONS="--no-opt --max-old-space-size=384',
    ],
    /V8 does not take the code that was kept/,
  ),
  mistake(
    'a secret in the image',
    DOCKERFILE,
    ['ARG APP\n', 'ARG APP\nARG NPM_TOKEN\n'],
    /secret in ENV or ARG/,
  ),
  mistake(
    'the whole folder in the build',
    DOCKERFILE,
    ['COPY apps ./apps', 'COPY . .'],
    /copies the whole folder/,
  ),
  mistake(
    'an install without the lock file',
    DOCKERFILE,
    ['npm ci', 'npm install'],
    /by the lock file/,
  ),
  mistake(
    'a build that sees everything',
    '.dockerignore',
    ['*\n', ''],
    /\.dockerignore: does not begin/,
  ),
  mistake(
    'a build that lacks a folder',
    '.dockerignore',
    ['!libs\n', ''],
    /\.dockerignore: keeps out libs/,
  ),
  // Compose.
  mistake(
    'a misspelt field of compose',
    COMPOSE,
    ['depends_on', 'depend_on'],
    /unknown field depend_on/,
  ),
  mistake(
    'compose without a variable',
    COMPOSE,
    ['CREDENTIALS_KEY', 'CREDENTIAL_KEY'],
    /auth: misses CREDENTIALS_KEY/,
  ),
  mistake(
    'a real key in compose',
    COMPOSE,
    [TRIAL_KEY, 'ab'.repeat(32)],
    /COMMAND_SEALING_KEY is not marked as for trials/,
  ),
  mistake(
    'compose for other machines',
    COMPOSE,
    ['127.0.0.1:8080', '8080'],
    /open to other machines/,
  ),
  mistake(
    'compose without a service',
    COMPOSE,
    [/ {2}billing:\n[^]*?\n\n/, ''],
    /there is no billing/,
  ),
  mistake(
    'compose with one image for two',
    COMPOSE,
    ['APP: billing', 'APP: edge'],
    /billing: is not built as itself/,
  ),
  mistake(
    'compose that kills',
    COMPOSE,
    ['stop_grace_period: 90s', 'stop_grace_period: 20s'],
    /edge: is killed before its end/,
  ),
];

/** Those that are tried with kubectl too; it is the slow part. */
const isRendered = (number: number): boolean =>
  MISTAKES[number]?.file.startsWith('k8s/base/') === true && number % 4 === 0;

describe('npm run verify:deploy', () => {
  const home = mkdtempSync(join(tmpdir(), 'verify-deploy-'));
  const folderOf = (number: number) => join(home, `${number}`);
  const untouched = join(home, 'untouched');
  let plain: string[];
  let byKubectl: string[];

  const copyTo = (folder: string) => {
    for (const name of ['docker', 'k8s', '.dockerignore']) {
      cpSync(join(ROOT, name), join(folder, name), { recursive: true });
    }
  };

  /** One run of the built tool over folders; `path` decides whether it finds a kubectl. */
  const problemsOf = async (folders: readonly string[], path: string | undefined) => {
    const child = spawn(process.execPath, ['dist/tools/verify-deploy/main.js', ...folders], {
      cwd: ROOT,
      env: { PATH: path },
    });
    let said = '';
    child.stderr.on('data', (chunk: Buffer) => (said += chunk.toString()));
    const [status] = (await once(child, 'close')) as [number];
    expect([status, said]).toEqual([1, expect.stringContaining(home)]);
    return said.split('\n');
  };

  beforeAll(async () => {
    copyTo(untouched);
    MISTAKES.forEach(({ file, from, to }, number) => {
      mkdirSync(folderOf(number));
      copyTo(folderOf(number));
      const path = join(folderOf(number), file);
      const text = readFileSync(path, 'utf8');
      const changed = text.replace(from, to);
      if (changed === text) throw new Error(`nothing to replace in ${file}: ${String(from)}`);
      writeFileSync(path, changed);
    });
    const numbers = [...MISTAKES.keys()];
    plain = await problemsOf([untouched, ...numbers.map(folderOf)], '');
    byKubectl = await problemsOf(
      [untouched, ...numbers.filter(isRendered).map(folderOf)],
      process.env.PATH,
    );
  }, 180_000);
  afterAll(() => {
    rmSync(home, { recursive: true });
  });

  const about = (lines: readonly string[], folder: string) =>
    lines.filter((line) => line.startsWith(`${folder}: `)).map((line) => line.slice(folder.length));

  it('finds nothing wrong in what is shipped', () => {
    expect(about(plain, untouched)).toEqual([]);
    expect(about(byKubectl, untouched)).toEqual([]);
  });

  it.each(MISTAKES.map((each, number) => [each.name, number, each.caughtAs] as const))(
    'catches %s',
    (_name, number, caughtAs) => {
      expect(about(plain, folderOf(number))).toContainEqual(expect.stringMatching(caughtAs));
      if (!isRendered(number)) return;
      expect(about(byKubectl, folderOf(number))).toContainEqual(expect.stringMatching(caughtAs));
    },
  );
});
