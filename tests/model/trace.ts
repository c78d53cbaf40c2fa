import type { TraceLine, World } from "./world.ts";

/** Notes an event, if the trace is kept. */
export function tell({ trace, time }: World, of: readonly string[], text: () => string): void {
  trace?.push({ at: time.now, of, text: text() });
}

/** The last lines of a schedule that concern some machines and jobs. */
export function readable(trace: readonly TraceLine[], about: readonly string[], count: number): string {
  const near = (of: readonly string[]) => of.length === 0 || of.some((name) => about.includes(name));
  const lines = trace
    .filter(({ of }) => near(of))
    .map(({ at, of, text }) => `${clock(at)}  ${of.at(-1) ?? "outside"}: ${text}`);
  const left = lines.length - count;
  return [...(left > 0 ? [`(${left} lines before)`] : []), ...lines.slice(-count)].join("\n");
}

/** `h:mm:ss.mmm` since the schedule began. */
export function clock(ms: number): string {
  const two = (value: number) => String(Math.floor(value)).padStart(2, "0");
  return `${Math.floor(ms / 3_600_000)}:${two((ms / 60_000) % 60)}:${two((ms / 1000) % 60)}.${String(Math.floor(ms % 1000)).padStart(3, "0")}`;
}
