/**
 * Schedules that once found a fault, with what it was. They are lived through
 * with each test run, and so is whatever `npm run soak -- --model N` finds: add
 * it here. A change of plan.ts gives a seed another life; the faults that have
 * a variant (variants.ts) are searched for anew each time.
 */
export const found: readonly { seed: number; fault: string }[] = [
  { seed: 0x6f662e61, fault: "GitHub gave a job up after its third miss and offered its runner no other" },
  { seed: 0xb23ab01d, fault: "another's wish to sleep that followed one's own was taken for the same wish" },
];
