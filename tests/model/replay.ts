import { planOf } from "./plan.ts";
import type { Plan } from "./plan.ts";
import { live } from "./schedule.ts";
import { readable } from "./trace.ts";
import { product } from "./variants.ts";
import type { Variant } from "./variants.ts";

/** Number of the trace's lines that a report shows. */
const shownLines = 60;

export function formatSeed(seed: number): string {
  return seed.toString(16).padStart(8, "0");
}

/** Undefined if the text is not a seed. */
export function parseSeed(text: string): number | undefined {
  return /^[0-9a-f]{1,8}$/i.test(text) ? parseInt(text, 16) : undefined;
}

/** The same plan without the happenings that its breach does not need. */
export function shorten(plan: Plan, variant: Variant = product): Plan {
  const kind = live(plan, { variant }).breaches[0]?.kind;
  let shortest = plan;
  for (const happening of plan.happenings) {
    const without = { ...shortest, happenings: shortest.happenings.filter((one) => one !== happening) };
    if (live(without, { variant }).breaches[0]?.kind === kind) shortest = without;
  }
  return shortest;
}

/** What a person needs in order to understand a schedule that breaks a promise. */
export function describeBroken(seed: number, variant: Variant = product): string {
  const plan = planOf(seed);
  const short = shorten(plan, variant);
  const { breaches, trace } = live(short, { variant, traced: true });
  const [breach] = breaches;
  if (!breach) return `Schedule ${formatSeed(seed)} breaks no promise.`;
  return [
    `Schedule ${formatSeed(seed)} breaks a promise (${breach.kind}): ${breach.text}.`,
    `Again: npm run soak -- --model 1 --seed ${formatSeed(seed)}`,
    "After the fix, add the seed to tests/model/found.ts.",
    `With ${short.happenings.length} of its ${plan.happenings.length} happenings it goes like this:`,
    readable(trace, breach.about, shownLines),
  ].join("\n");
}
