import { processEnvironment } from '@gateway/platform';

/** Loaded before a service (`node --require`): its clock is off by `FAULTS_CLOCK_SKEW_MS`; the monotonic one is not. */
const skewMs = Number(processEnvironment().FAULTS_CLOCK_SKEW_MS ?? '0');
const RealDate = Date;
const realNow = Date.now.bind(Date);

globalThis.Date = new Proxy(RealDate, {
  construct: (target, given: unknown[], newTarget) =>
    Reflect.construct(target, given.length === 0 ? [realNow() + skewMs] : given, newTarget) as Date,
  get: (target, name, receiver) =>
    name === 'now' ? () => realNow() + skewMs : (Reflect.get(target, name, receiver) as unknown),
});
