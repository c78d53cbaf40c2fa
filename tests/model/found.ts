/**
 * Schedules that once found a fault, with the fault. Each test run lives
 * through them. Add every schedule here that `npm run soak -- --model N` finds
 * broken. A change of plan.ts changes the schedule of a seed; the faults that
 * have a variant (variants.ts) are searched for again each time.
 */
export const found: readonly { seed: number; fault: string }[] = [
  { seed: 0x6f662e61, fault: "GitHub gave a job up after its third miss and offered its runner no other" },
  {
    seed: 0xb23ab01d,
    fault: "a sleep override that followed another one of a different source was taken for the same override",
  },
];
