/** What the system says of a file or process that is not there (any more), or that is no plain file. */
const absentCodes = ["ENOENT", "ESRCH", "ELOOP", "ENXIO"];

/**
 * The result of a look at a file or process that may not be there; undefined when it is not.
 *
 * @param more error codes that mean the same to the caller
 */
export function unlessAbsent<T>(look: () => T, ...more: string[]): T | undefined {
  try {
    return look();
  } catch (error) {
    if ([...absentCodes, ...more].includes((error as NodeJS.ErrnoException).code ?? "")) return undefined;
    throw error;
  }
}
