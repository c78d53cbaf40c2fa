import { printGeneratedSection } from "./generated-section.ts";
import { idleTimeouts } from "./simulation/idle-timeouts.ts";
import "./end-in-words.ts";

/*
 * `npm run simulate` prints what idle timeouts cost and how long jobs wait, by
 * simulation. With `--write` it writes that into docs/sleep-and-wake.md.
 */

await printGeneratedSection({
  program: "simulate",
  document: "docs/sleep-and-wake.md",
  text: idleTimeouts(),
  write: process.argv.includes("--write"),
});
