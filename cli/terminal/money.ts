/** US dollars with cents; an amount below a cent is not shown as zero. */
export function usd(amount: number): string {
  return amount > 0 && amount < 0.005 ? "<0.01" : amount.toFixed(2);
}
