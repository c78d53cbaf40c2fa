/** The system's error codes for a file or process that does not exist (any more), or that is not a plain file. */
const absentCodes = ["ENOENT", "ESRCH", "ELOOP", "ENXIO"];

/**
 * The result of reading a file or process that may not exist; undefined if it does not.
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
