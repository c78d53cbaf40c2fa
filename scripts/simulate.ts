import { printGeneratedSection } from "./generated-section.ts";
import { idleLimits } from "./simulation/idle-limits.ts";
import "./end-in-words.ts";

/*
 * `npm run simulate` prints what idle limits cost and how long jobs wait, by
 * simulation; with `--write` it puts that into docs/sleep-and-wake.md.
 */

await printGeneratedSection({
  program: "simulate",
  document: "docs/sleep-and-wake.md",
  text: idleLimits(),
  write: process.argv.includes("--write"),
});
