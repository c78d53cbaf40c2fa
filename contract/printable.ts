/**
 * Text that other people or a job wrote, as it may reach a terminal or a log:
 * control characters, which could move the cursor or forge lines, become spaces.
 */
export function printable(text: string): string {
  return text.replace(/\p{C}+/gu, " ");
}
