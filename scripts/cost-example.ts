import { workedExample } from "./cost-example/worked-example.ts";
import { printGeneratedSection } from "./generated-section.ts";
import "./end-in-words.ts";

/*
 * `npm run cost-example` prints what environments of one, ten and fifty runners
 * cost a month. With `--write` it writes that into docs/cost.md.
 */

await printGeneratedSection({
  program: "cost-example",
  document: "docs/cost.md",
  text: workedExample(),
  write: process.argv.includes("--write"),
});
