import { setTimeout as sleep } from 'node:timers/promises';
import { clearMetaFaults, setMetaFault, type MetaFault } from './meta-faults';
import type { Scenario, Stage } from './scenario';

const FAULT_MS = 5_000;

/** Rows 12 to 15: Meta, by the simulator's faults and by the network before it. */
export const metaScenarios: readonly Scenario[] = [
  {
    name: 'meta-errors',
    row: 12,
    says: 'Meta answers 5xx, with and without its own error, and its codes for too much',
    codes: ['META_002', 'META_004'],
    run: async (stage) => {
      for (const fault of ['html-502', 'error-130429', 'error-131056', 'error-131000', 'error-1']) {
        await withFault(stage, { fault }, 2_000);
      }
    },
  },
  {
    name: 'meta-gone',
    row: 13,
    says: 'Meta refuses every connection',
    run: async ({ world, during }) => {
      await during({ target: 'meta', says: 'connections are refused' }, async () => {
        const proxy = world.between('dispatcher', 'meta');
        proxy.inject({ kind: 'refuse' });
        await sleep(FAULT_MS);
        proxy.restore();
      });
    },
  },
  {
    name: 'meta-timeout',
    row: 13,
    says: 'Meta does not answer, before and after it accepts',
    run: async (stage) => {
      await withFault(stage, { fault: 'timeout-before-accept', count: 15 }, FAULT_MS);
      await withFault(stage, { fault: 'timeout-after-accept', count: 15 }, FAULT_MS);
    },
  },
  {
    name: 'meta-reset-after-accept',
    row: 14,
    says: 'Meta accepts and resets the connection, or the network does',
    run: async (stage) => {
      await withFault(stage, { fault: 'reset-after-accept', count: 20 }, 2_000);
      await stage.during({ target: 'meta', says: 'a third of the answers is reset' }, async () => {
        const proxy = stage.world.between('dispatcher', 'meta');
        proxy.inject({ kind: 'reset-answers', share: 0.3 });
        await sleep(2_000);
        proxy.restore();
      });
    },
  },
  {
    name: 'meta-nonsense',
    row: 14,
    says: 'Meta answers 200 with what is no answer',
    run: async (stage) => {
      for (const fault of [
        'truncated-json',
        'invalid-json',
        'empty-200',
        'no-id-200',
        'huge-200',
      ]) {
        await withFault(stage, { fault, count: 10 }, 1_500);
      }
    },
  },
  {
    name: 'meta-one-number',
    row: 15,
    says: 'one phone number hangs and is throttled, the other goes on',
    run: oneNumber,
  },
];

/** Sets a fault of the simulator, and takes it away again; calls that hang end by their own time. */
async function withFault(stage: Stage, fault: MetaFault, forMs: number): Promise<void> {
  const { simulatorUrl } = stage.world;
  await stage.during({ target: 'meta', says: `Meta: ${JSON.stringify(fault)}` }, async () => {
    await setMetaFault(simulatorUrl, fault);
    await sleep(forMs);
    await clearMetaFaults(simulatorUrl);
  });
}

/** The other application's messages end as before, while those of the hanging number wait and are refused. */
async function oneNumber(stage: Stage): Promise<void> {
  const [slow, other] = stage.senders;
  if (!slow || !other) throw new Error('two senders are needed');
  const before = stage.load.ended.length;
  const { phoneNumberId } = slow;
  await withFault(stage, { fault: 'timeout-before-accept', phoneNumberId, count: 60 }, FAULT_MS);
  await withFault(stage, { fault: 'error-130429', phoneNumberId }, FAULT_MS);
  // Markers of the two applications alternate: even ones are the slow number's.
  const others = stage.load.ended
    .slice(before)
    .filter(({ marker }) => Number(/-(\d+)(-again)?$/.exec(marker)?.[1]) % 2 === 1);
  const notOk = others.filter(({ kind }) => kind !== 'ok');
  if (others.length === 0) stage.violated('I10', 'the other number made no progress');
  for (const { marker, code } of notOk.slice(0, 5)) {
    stage.violated('I10', `${marker} of the other number was answered ${code}`);
  }
}
