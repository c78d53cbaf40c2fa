import type { EngineEvent } from "@pulumi/pulumi/automation/index.js";

/** A line that the engine prints at the end of every failed operation, and that explains nothing. */
const empty = /^(update failed|preview failed)$/;

/**
 * Why an operation of the engine failed, in its own words: its errors, each once
 * and with its resource; if it gave none, its whole output.
 */
export function failureWords(events: readonly EngineEvent[], output: string): string {
  const errors = events.flatMap(({ diagnosticEvent }) => {
    if (diagnosticEvent?.severity !== "error") return [];
    const { urn, message } = diagnosticEvent;
    const words = withoutColors(message).trim();
    if (words === "" || empty.test(words)) return [];
    return [urn ? `${urn.split("::").pop()!}: ${words}` : words];
  });
  return errors.length > 0 ? [...new Set(errors)].join("\n") : output.trim();
}

/** The engine writes its colours as `<{%reset%}>`. */
function withoutColors(text: string): string {
  return text.replaceAll(/<\{%[^%]*%\}>/g, "");
}
