/** What one check of the repository came to. */
export interface CheckResult {
  /** What was checked, for people: `workflow files (2)`. */
  what: string;
  /** One line each: `<file>:<line>:<column>: <what is wrong>`. */
  findings: string[];
  /** Why it could not be done here. */
  skipped?: string;
}
