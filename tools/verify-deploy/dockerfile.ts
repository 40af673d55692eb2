import { DockerfileParser, ModifiableInstruction } from 'dockerfile-ast';
import { HEAP_SIZES } from '../bundle/compiled';
import { failing } from './manifest';
import { hasFixedTag } from './rules';

interface Instruction {
  readonly keyword: string;
  /** Flags and arguments. */
  readonly text: string;
}

/** What a Dockerfile of this product must and must not do. */
export function dockerfileProblems(text: string): string[] {
  const stages = stagesOf(text);
  const all = stages.flat();
  const last = stages.at(-1) ?? [];
  return failing([
    [stages.length >= 2, 'has no build stage of its own'],
    [
      named(all, 'FROM').every((from) => hasFixedTag(from.split(/\s/)[0])),
      'has a base image without a fixed tag',
    ],
    [/^[1-9]\d*(:[1-9]\d*)?$/.test(named(last, 'USER').at(-1) ?? ''), 'runs as root'],
    [
      named(last, 'CMD').join() === '["node", "dist/main.js"]',
      'does not start node itself, which alone hears the signals',
    ],
    [named(all, 'ADD').length === 0, 'uses ADD'],
    [!named(all, 'COPY').some((copy) => /^\.\/?\s/.test(copy)), 'copies the whole folder'],
    [
      named(last, 'COPY').every((copy) => copy.startsWith('--from=')),
      'copies sources into the image',
    ],
    [
      ![...named(all, 'ENV'), ...named(all, 'ARG')].some((each) =>
        /SECRET|PASSWORD|TOKEN|_KEY|_URL/.test(each),
      ),
      'has a secret in ENV or ARG',
    ],
    [named(last, 'ENV').includes('NODE_ENV=production'), 'does not run in production'],
    [named(last, 'ARG').includes('APP'), 'has no argument that names the app'],
    [
      named(all, 'RUN').some((run) => /\bnpm ci\b/.test(run)) &&
        !named(all, 'RUN').some((run) => /\bnpm (i|install)\b/.test(run)),
      'does not install by the lock file',
    ],
    [
      named(all, 'RUN').some((run) => run.includes('npm prune --omit=dev')),
      'keeps what only building needs',
    ],
    [
      flagsOf(last).length > 0 &&
        flagsOf(last).every((flag) => HEAP_SIZES.some((size) => flag.startsWith(`${size}=`))),
      'has more in NODE_OPTIONS than sizes of the heap: V8 does not take the code that was kept',
    ],
  ]).map((problem) => `docker/Dockerfile: ${problem}`);
}

/** The build sees what the Dockerfile copies of the folder, and nothing else. */
export function contextProblems(dockerfile: string, ignoreFile: string): string[] {
  const copied = named(stagesOf(dockerfile).flat(), 'COPY')
    .filter((copy) => !copy.startsWith('--from='))
    .flatMap((copy) => copy.split(/\s+/).slice(0, -1));
  const lines = ignoreFile.split('\n').filter((line) => line !== '' && !line.startsWith('#'));
  const allowed = lines.filter((line) => line.startsWith('!')).map((line) => line.slice(1));
  return [
    ...failing([
      [lines[0] === '*', 'does not begin with "*": what is not named gets into the build'],
      [lines.includes('**/.env'), 'lets .env files into the build'],
    ]),
    ...allowed.filter((name) => !copied.includes(name)).map((name) => `lets ${name} in for nobody`),
    ...copied.filter((name) => !allowed.includes(name)).map((name) => `keeps out ${name}`),
  ].map((problem) => `.dockerignore: ${problem}`);
}

function stagesOf(text: string): Instruction[][] {
  const stages: Instruction[][] = [];
  for (const instruction of DockerfileParser.parse(text).getInstructions()) {
    const keyword = instruction.getKeyword();
    if (keyword === 'FROM') stages.push([]);
    const flags = instruction instanceof ModifiableInstruction ? instruction.getFlags() : [];
    const text = [...flags.map(String), instruction.getRawArgumentsContent() ?? ''].join(' ');
    stages.at(-1)?.push({ keyword, text });
  }
  return stages;
}

const flagsOf = (stage: readonly Instruction[]): string[] =>
  named(stage, 'ENV').flatMap((text) => /^NODE_OPTIONS="(.+)"$/.exec(text)?.[1]?.split(' ') ?? []);

const named = (instructions: readonly Instruction[], keyword: string): string[] =>
  instructions.filter((each) => each.keyword === keyword).map(({ text }) => text);
