import { Parser } from "saxen";
import { Failure, messageOf } from "../../../contract/failure.ts";

/** Reads the text of an element. */
export const text = "text";

/**
 * What to read of an element: its text, its `item`s, or child elements by their
 * names. All others are skipped, whatever they hold.
 */
export type Wanted = typeof text | readonly [Wanted] | WantedElements;
export interface WantedElements {
  readonly [name: string]: Wanted;
}

/** The values that were read. A missing element gives an empty text or an empty list. */
export type Read<What extends Wanted> = What extends typeof text
  ? string
  : What extends readonly [infer Item extends Wanted]
    ? Read<Item>[]
    : { -readonly [Name in keyof What]: What[Name] extends Wanted ? Read<What[Name]> : never };

/**
 * A reader of documents with a root of this name. It reads in one pass and keeps
 * only the requested values, because EC2 sends some 10 kB for a machine.
 *
 * @returns a function that throws when a document is cut short, not well-formed or has another root
 */
export function xmlReader<const What extends WantedElements>(
  root: string,
  wanted: What,
): (xml: string) => Read<What> {
  const top = placeOf({ [root]: wanted });
  return (xml) => {
    const document = { [root]: undefined as Read<What> | undefined };
    try {
      readInto({ name: "", place: top, value: document }, xml);
    } catch (error) {
      const words = messageOf(error); // The parser's own.
      throw new Failure(`${xml.length} characters are no whole <${root}>: ${words}`, { cause: error });
    }
    const read = document[root];
    if (read === undefined) throw new Failure(`${xml.length} characters are another document than <${root}>`);
    return read;
  };
}

/** A place in a document with requested values. */
interface Place {
  inside: ReadonlyMap<string, Place>;
  kind: "text" | "list" | "elements";
  /** The value of an empty element. */
  empty: () => unknown;
}

/** An open element, and the values that were read of it. */
interface OpenElement {
  name: string;
  place: Place;
  value: unknown;
}

function placeOf(wanted: Wanted): Place {
  if (wanted === text) return { kind: "text", inside: new Map(), empty: () => "" };
  if (isList(wanted)) {
    return { kind: "list", inside: new Map([["item", placeOf(wanted[0])]]), empty: () => [] };
  }
  const inside = new Map(Object.entries(wanted).map(([name, child]) => [name, placeOf(child)]));
  const empty = () => {
    const value: Record<string, unknown> = {};
    for (const [name, place] of inside) value[name] = place.empty();
    return value;
  };
  return { kind: "elements", inside, empty };
}

function readInto(document: OpenElement, xml: string): void {
  const open = [document];
  let current = document;
  let depthPassedOver = 0;
  let characters = "";
  const collect = (more: string) => {
    if (depthPassedOver === 0) characters += more;
  };
  new Parser()
    .on("openTag", (name) => {
      const place = depthPassedOver === 0 ? current.place.inside.get(name) : undefined;
      if (!place) {
        depthPassedOver += 1;
        return;
      }
      current = { name, place, value: place.empty() };
      open.push(current);
      characters = "";
    })
    .on("text", (more) => {
      if (current.place.kind === "text") collect(more.includes("&") ? withoutEntities(more) : more);
    })
    .on("cdata", collect)
    .on("closeTag", () => {
      if (depthPassedOver > 0) {
        depthPassedOver -= 1;
        return;
      }
      const { name, place, value } = open.pop()!;
      current = open.at(-1)!;
      const read = place.kind === "text" ? copyOf(characters) : value;
      if (current.place.kind === "list") (current.value as unknown[]).push(read);
      else (current.value as Record<string, unknown>)[name] = read;
    })
    .parse(xml);
}

const entities: Readonly<Record<string, string>> = { lt: "<", gt: ">", amp: "&", quot: '"', apos: "'" };

/** saxen's own decoder truncates characters that need more than 16 bits. */
function withoutEntities(escaped: string): string {
  return escaped.replace(
    /&(?:#(\d+)|#x([\da-f]+)|(lt|gt|amp|quot|apos));/gi,
    (_, decimal?: string, hexadecimal?: string, name?: string) =>
      name === undefined
        ? String.fromCodePoint(decimal === undefined ? parseInt(hexadecimal!, 16) : Number(decimal))
        : entities[name]!,
  );
}

/** V8 keeps a substring as a view of the whole text: without a copy, a page of 2 MB would stay for an id of 19 characters. */
function copyOf(part: string): string {
  return ` ${part}`.slice(1);
}

function isList(wanted: Wanted): wanted is readonly [Wanted] {
  return Array.isArray(wanted);
}
