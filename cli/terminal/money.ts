/** US dollars with cents; what is less and not nothing is not shown as nothing. */
export function usd(amount: number): string {
  return amount > 0 && amount < 0.005 ? "<0.01" : amount.toFixed(2);
}
