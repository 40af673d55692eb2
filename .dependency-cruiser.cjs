/** The architecture as executable sentences; `npm run deps` runs them. */
/** @type {import('dependency-cruiser').IConfiguration} */
module.exports = {
  forbidden: [
    { name: 'no-cycles', severity: 'error', from: {}, to: { circular: true } },
    {
      name: 'apps-talk-over-topics',
      comment: 'Services share topics, never code; only standalone composes their modules.',
      severity: 'error',
      from: { path: '^apps/([^/]+)/', pathNot: '^apps/standalone/' },
      to: { path: '^apps/', pathNot: '^apps/$1/' },
    },
    {
      name: 'libs-do-not-know-apps',
      severity: 'error',
      from: { path: '^libs/', pathNot: '^libs/testing/' },
      to: { path: '^(apps|tools)/' },
    },
    {
      name: 'the-dashboard-knows-http-alone',
      comment: 'It runs in a browser: what it knows of the gateway comes from the described API.',
      severity: 'error',
      from: { path: '^apps/dashboard/src/', pathNot: 'spec\\.ts$' },
      to: { path: '^(libs|tools)/|^node:' },
    },
    {
      name: 'pages-do-not-call-the-api-by-themselves',
      severity: 'error',
      from: { path: '^apps/dashboard/src/(pages|components|domain)/' },
      to: { path: '^apps/dashboard/src/api/client' },
    },
    {
      name: 'contracts-and-errors-know-nobody',
      severity: 'error',
      from: { path: '^libs/(contracts|errors)/', pathNot: 'spec\\.ts$' },
      to: { path: '^libs/', pathNot: '^libs/(contracts|errors)/' },
    },
    {
      name: 'libs-through-their-index',
      severity: 'error',
      from: { path: '^(apps|libs|tools)/([^/]+)/' },
      to: { path: '^libs/[^/]+/src/(?!index)', pathNot: '^$1/$2/' },
    },
    {
      name: 'domain-is-plain-typescript',
      comment: 'Domain logic has no framework, no I/O and no clock of its own.',
      severity: 'error',
      from: { path: '/domain/', pathNot: 'spec\\.ts$' },
      to: {
        path: 'node_modules|^node:|\\.(store|service|controller|consumer|client|config)\\.ts$',
      },
    },
    {
      name: 'kafkajs-stays-in-messaging',
      severity: 'error',
      from: { path: '^(apps|libs|tools)/', pathNot: '^(libs/messaging|tools/bench/baselines)/' },
      to: { path: 'node_modules/kafkajs' },
    },
    {
      name: 'consumers-and-controllers-hold-no-sql',
      severity: 'error',
      from: { path: '\\.(consumer|controller)\\.ts$' },
      to: { path: '\\.store\\.ts$|node_modules/(typeorm|pg)/' },
    },
    {
      name: 'production-code-does-not-import-test-code',
      severity: 'error',
      from: { path: '^(apps|libs|tools)/', pathNot: '\\.spec\\.ts$|^libs/testing/|/test/' },
      to: { path: '^libs/testing/|/test/' },
    },
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    tsConfig: { fileName: 'tsconfig.json' },
    tsPreCompilationDeps: true,
  },
};
