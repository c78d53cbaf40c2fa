/** The mark in the title of a run by which Longhaul recognises its own dispatch. */
export interface Nonce {
  instanceId: string;
  /** How long the run should hold the machine. */
  minutes: number;
  /** Milliseconds since the epoch: when it was dispatched. */
  at: number;
}

/** For example `i-0abc…-360min-mi5k2v1s`. */
export function formatNonce({ instanceId, minutes, at }: Nonce): string {
  return `${instanceId}-${minutes}min-${Math.round(at).toString(36)}`;
}

/** The nonce in a run's title; undefined for a run that Longhaul did not dispatch. */
export function findNonce(title: string): Nonce | undefined {
  const match = /\b(i-[0-9a-f]{8,17})-(\d+)min-([0-9a-z]+)\b/.exec(title);
  return match
    ? { instanceId: match[1]!, minutes: Number(match[2]), at: Number.parseInt(match[3]!, 36) }
    : undefined;
}
