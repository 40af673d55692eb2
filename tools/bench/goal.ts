/** A goal beside what was measured. */
export interface Goal {
  readonly what: string;
  readonly goal: string;
  readonly measured: string;
  /** How far it is reached: 1 is the goal, above is better. Absent where there is no number for it. */
  readonly reached?: number;
}
