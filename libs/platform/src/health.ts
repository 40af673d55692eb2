/** Returns why the process should not get work now, `null` when all is well. Cheap: it looks, it does not ask. */
export type HealthCheck = () => string | null;

/** Nest token of the `HealthRegistry`. */
export const HEALTH = Symbol('HealthRegistry');

/** What readiness of this process depends on. */
export class HealthRegistry {
  private readonly checks = new Map<string, HealthCheck>();

  add(name: string, check: HealthCheck): void {
    this.checks.set(name, check);
  }

  /** One line for each part that is not well; empty means ready. */
  problems(): string[] {
    return [...this.checks].flatMap(([name, check]) => {
      const reason = run(check);
      return reason === null ? [] : [`${name}: ${reason}`];
    });
  }
}

function run(check: HealthCheck): string | null {
  try {
    return check();
  } catch {
    return 'the check itself failed';
  }
}
