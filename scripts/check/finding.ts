/** The result of one check of the repository. */
export interface CheckResult {
  /** What was checked, for people: `workflow files (2)`. */
  what: string;
  /** One line each: `<file>:<line>:<column>: <what is wrong>`. */
  findings: string[];
  /** Why the check could not be done here; absent if it was done. */
  skipped?: string;
}
