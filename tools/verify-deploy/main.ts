import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { codeProblems } from './code';
import { composeProblems, type ComposeFile } from './compose';
import { connectionProblems } from './connections';
import { contextProblems, dockerfileProblems } from './dockerfile';
import { UnreadableError, readText, renderedManifests, yamlDocuments } from './files';
import type { Manifest } from './manifest';
import { referenceProblems } from './references';
import { ruleProblems } from './rules';
import { schemaChecker, type SchemaChecker } from './schema';

/**
 * Checks everything that operators deploy, without a cluster and without an engine for containers:
 * `node dist/tools/verify-deploy/main.js [FOLDER ...]`, each with `docker`, `k8s` and `.dockerignore`; the present one
 * unless given. Each problem is a line, `<folder>: <where>: <what>`; the exit code is 1 when there is one.
 */
async function main(folders: readonly string[]): Promise<void> {
  const checker = await schemaChecker();
  const { version } = JSON.parse(readFileSync('package.json', 'utf8')) as { version: string };
  const problems = folders.flatMap((folder) =>
    deploymentProblems(folder, version, checker).map((problem) => `${folder}: ${problem}`),
  );
  for (const problem of problems) console.error(problem);
  if (problems.length > 0) process.exitCode = 1;
  else
    console.log(
      'verified: k8s/base, k8s/secrets.example.yaml, docker/Dockerfile, docker/compose.yml',
    );
}

/** Each part by itself, so that one that cannot be read hides nothing of the others. */
function deploymentProblems(folder: string, version: string, checker: SchemaChecker): string[] {
  const parts = [
    () => manifestProblems(folder, version, checker),
    () => {
      const dockerfile = readText(join(folder, 'docker/Dockerfile'));
      const ignoreFile = readText(join(folder, '.dockerignore'));
      return [...dockerfileProblems(dockerfile), ...contextProblems(dockerfile, ignoreFile)];
    },
    () => {
      const path = 'docker/compose.yml';
      const [file] = yamlDocuments<ComposeFile>(readText(join(folder, path)), path);
      return file ? composeProblems(file, version) : [`${path}: is empty`];
    },
  ];
  return parts.flatMap((part) => {
    try {
      return part();
    } catch (error) {
      if (error instanceof UnreadableError) return [error.message];
      throw error;
    }
  });
}

function manifestProblems(folder: string, version: string, checker: SchemaChecker): string[] {
  const manifests = renderedManifests(join(folder, 'k8s/base'));
  const example = 'k8s/secrets.example.yaml';
  const [secret] = yamlDocuments<Manifest>(readText(join(folder, example)), example);
  if (!secret) return [`${example}: is empty`];
  const typed = [...manifests, secret].flatMap((manifest) => checker.problemsOf(manifest));
  // What has the wrong shape cannot be looked at any closer.
  if (typed.length > 0) return typed;
  return [
    ...ruleProblems(manifests),
    ...referenceProblems(manifests, secret),
    ...codeProblems(manifests, version),
    ...connectionProblems(manifests, readText(join(folder, 'k8s/README.md'))),
  ];
}

const folders = process.argv.slice(2);
void main(folders.length > 0 ? folders : ['.']);
