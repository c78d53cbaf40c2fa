/** The fields of one line of CSV, quoted or not (RFC 4180, without line breaks in fields). */
export function csvFields(line: string): string[] {
  const fields: string[] = [];
  let at = 0;
  do {
    const quoted = line[at] === '"';
    const end = quoted ? closingQuote(line, at + 1) : line.indexOf(",", at);
    const stop = end === -1 ? line.length : end;
    fields.push(quoted ? line.slice(at + 1, stop).replaceAll('""', '"') : line.slice(at, stop));
    at = quoted ? stop + 2 : stop + 1; // Behind the comma.
  } while (at <= line.length);
  return fields;
}

/** Where a quoted field ends. Two quotes in a row stand for one quote in the text. */
function closingQuote(line: string, from: number): number {
  for (let at = from; ; at += 2) {
    at = line.indexOf('"', at);
    if (at === -1 || line[at + 1] !== '"') return at;
  }
}
