import { expect } from "chai";
import { alignColumns } from "../../../cli/terminal/columns.ts";
import { liveLine } from "../../../cli/terminal/live-line.ts";
import { usd } from "../../../cli/terminal/money.ts";

describe("a table on a terminal", () => {
  const rows = [
    ["FLEET", "USD", "WHY"],
    ["cloud", "12.50", "jobs"],
    ["gpu", "3.00", ""],
  ];

  it("has text to the left and figures to the right, and no spaces at the ends of its lines", () => {
    expect(alignColumns(rows, { isText: (column) => column !== 1 })).to.deep.equal([
      "FLEET    USD  WHY",
      "cloud  12.50  jobs",
      "gpu     3.00",
    ]);
  });

  it("is as wide with colours as without", () => {
    const paint = (cell: string, column: number, row: number) =>
      row === 2 && column === 0 ? `<${cell}>` : cell;
    expect(alignColumns(rows, { paint })).to.deep.equal([
      "FLEET  USD    WHY",
      "cloud  12.50  jobs",
      "<gpu  >  3.00",
    ]);
  });

  it("may be empty", () => {
    expect(alignColumns([])).to.deep.equal([]);
  });
});

describe("the line of progress", () => {
  const shown = (stream: { isTTY: boolean; columns?: number }, lines: readonly string[]) => {
    const written: string[] = [];
    const live = liveLine({ ...stream, write: (text: string) => written.push(text) }, () => 0, 1000);
    for (const line of lines) live.show(line);
    live.clear();
    live.clear();
    return written;
  };

  it("is cut to the terminal's width, because a line that wraps could not be erased", () => {
    expect(shown({ isTTY: true, columns: 8 }, ["0123456789"])).to.deep.equal(["0123456", "\r\u001b[2K"]);
  });

  it("is whole if the terminal's width is not known", () => {
    expect(shown({ isTTY: true }, ["0123456789"])[0]).to.equal("0123456789");
    expect(shown({ isTTY: true, columns: 0 }, ["0123456789"])[0]).to.equal("0123456789");
  });

  it("stays if the output is not a terminal", () => {
    expect(shown({ isTTY: false }, ["one", "two"])).to.deep.equal(["one\n"]);
  });
});

describe("money for people", () => {
  for (const [amount, text] of [
    [0, "0.00"],
    [0.0049, "<0.01"],
    [0.005, "0.01"],
    [12.345, "12.35"],
  ] as const) {
    it(`${amount} US dollars are ${text}`, () => {
      expect(usd(amount)).to.equal(text);
    });
  }
});
