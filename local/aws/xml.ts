/** How a service writes XML. */
export interface XmlStyle {
  /** The element's name of a list's member. */
  list: "item" | "member";
  /** Spaces for each level. Absent: everything is in one line. */
  indent?: number;
}

/**
 * A document of one element. An undefined value has no element; an empty one is
 * written as a self-closing tag, as AWS does.
 */
export function xmlDocument(name: string, value: unknown, style: XmlStyle, namespace?: string): string {
  const attributes = namespace === undefined ? "" : ` xmlns="${namespace}"`;
  return `<?xml version="1.0" encoding="UTF-8"?>\n${element(name, value, style, 0, attributes)}`;
}

function element(name: string, value: unknown, style: XmlStyle, level: number, attributes = ""): string {
  if (value === undefined || value === null) return "";
  const inside = content(value, style, level);
  return inside === "" ? `<${name}${attributes}/>` : `<${name}${attributes}>${inside}</${name}>`;
}

function content(value: unknown, style: XmlStyle, level: number): string {
  if (value instanceof Date) return value.toISOString();
  if (typeof value !== "object" || value === null) return escape(String(value));
  const members: [string, unknown][] = Array.isArray(value)
    ? value.map((member): [string, unknown] => [style.list, member])
    : Object.entries(value);
  const inside = members
    .map(([name, member]) => element(name, member, style, level + 1))
    .filter((text) => text !== "")
    .map((text) => `${newLine(style, level + 1)}${text}`)
    .join("");
  return inside === "" ? "" : `${inside}${newLine(style, level)}`;
}

function newLine({ indent }: XmlStyle, level: number): string {
  return indent === undefined ? "" : `\n${" ".repeat(indent * level)}`;
}

function escape(text: string): string {
  return text.replace(/[&<>\r]/g, (character) => `&#${character.charCodeAt(0)};`);
}
