import { isDeepStrictEqual } from "node:util";
import { isMap, isScalar, parseDocument } from "yaml";
import type { Document, Scalar, YAMLMap } from "yaml";
import { z } from "zod";
import { Failure } from "../../contract/failure.ts";
import { isObject } from "../../contract/json.ts";
import { checkFile } from "../check-file.ts";

/** The new generation of one runner. */
export interface GenerationTarget {
  fleet: string;
  /** The runner's number in its fleet, from 1. */
  number: number;
  to: number;
}

/** Text that replaces what is between two positions of a file. */
interface Edit {
  start: number;
  end: number;
  text: string;
}

/** A key and its value in a file, with the positions of both. */
interface Entry {
  key: Scalar & { range: [number, number, number] };
  value: { range: [number, number, number] };
}

/**
 * A stack file with these generations for these runners. Only the numbers change
 * in the text, or are added: comments, order, quotes and layout of the rest stay.
 * If the generations are there already, the text is the same.
 *
 * @throws if the file writes the fleet in a way in which it cannot be changed alone (an alias)
 */
export function raiseGenerations(text: string, targets: readonly GenerationTarget[]): string {
  return targets.reduce(raiseOne, text);
}

/** The generation of a runner in a stack file; 1 if it names none. */
export function generationIn(text: string, runner: Omit<GenerationTarget, "to">): number {
  return generationOf(contentOf(parseDocument(text)), runner);
}

/** The part of a stack file that is used here. Other projects' settings are in it as well. */
const stackSchema = z.looseObject({ config: z.record(z.string(), z.unknown()) });
type Stack = z.infer<typeof stackSchema>;

const fleetSchema = z.looseObject({ generations: z.record(z.string(), z.number()).optional() });
type Fleet = z.infer<typeof fleetSchema>;

/** The key of the fleets, which begins with the project's name; undefined if no such key has this fleet. */
function fleetsKey({ config }: Stack, fleet: string): string | undefined {
  return Object.keys(config).find((key) => {
    const fleets = config[key];
    return key.endsWith(":fleets") && isObject(fleets) && fleets[fleet] !== undefined;
  });
}

/** A fleet as the file has it; undefined where the file has none of this name. */
function fleetIn(content: Stack, name: string): Fleet | undefined {
  const key = fleetsKey(content, name);
  const fleets = key === undefined ? undefined : content.config[key];
  return isObject(fleets)
    ? checkFile(`The fleet ${name} in the stack file`, fleetSchema, fleets[name])
    : undefined;
}

function raiseOne(text: string, target: GenerationTarget): string {
  const stack = parseDocument(text);
  const content = contentOf(stack);
  if (generationOf(content, target) === target.to) return text;
  const edit = editFor(stack, text, target);
  const raised = edit && text.slice(0, edit.start) + edit.text + text.slice(edit.end);
  // YAML has more ways to write a thing than this code handles: a text that would mean anything else is never written.
  if (raised === undefined || !says(raised, withGeneration(content, target))) {
    throw new Failure(
      `The generation of runner ${target.number} of the fleet ${target.fleet} cannot be raised in the stack file: ` +
        "the fleet is written there in a way (an anchor, an alias) in which it cannot be changed alone. " +
        "Write it out in full. Nothing was changed.",
    );
  }
  return raised;
}

/** The content of a file, with no value shared between two places. */
function contentOf(stack: Document): Stack {
  return checkFile("The stack file", stackSchema, JSON.parse(JSON.stringify(stack)));
}

function says(text: string, content: Stack): boolean {
  const stack = parseDocument(text);
  return stack.errors.length === 0 && isDeepStrictEqual(contentOf(stack), content);
}

function generationOf(content: Stack, { fleet, number }: Omit<GenerationTarget, "to">): number {
  return fleetIn(content, fleet)?.generations?.[number] ?? 1;
}

function withGeneration(content: Stack, { fleet, number, to }: GenerationTarget): Stack {
  const key = fleetsKey(content, fleet)!;
  const one = fleetIn(content, fleet)!;
  const raised = { ...one, generations: { ...one.generations, [number]: to } };
  const fleets = content.config[key];
  return {
    ...content,
    config: { ...content.config, [key]: { ...(isObject(fleets) && fleets), [fleet]: raised } },
  };
}

/** The one change that sets the generation; undefined if the fleet is not written as a map of its own. */
function editFor(stack: Document, text: string, { fleet, number, to }: GenerationTarget): Edit | undefined {
  const map: unknown = stack.getIn(["config", fleetsKey(contentOf(stack), fleet), fleet]);
  if (!isMap(map)) return undefined;
  const entry = `"${number}": ${to}`;
  const generations = map.items.find(({ key }) => isScalar(key) && key.value === "generations")?.value;
  if (generations === undefined) {
    const runners = entriesOf(map).find(({ key }) => key.value === "runners");
    return added(text, map, runners, `generations: { ${entry} }`, ["generations:", `  ${entry}`]);
  }
  if (!isMap(generations)) return undefined;
  const entries = entriesOf(generations);
  const present = entries.find(({ key }) => Number(key.value) === number);
  if (present) {
    const [start, end] = present.value.range;
    return { start, end, text: String(to) };
  }
  const before = entries.findLast(({ key }) => Number(key.value) < number);
  return added(text, generations, before, entry, [entry]);
}

function entriesOf(map: YAMLMap): Entry[] {
  return map.items as unknown as Entry[];
}

/** Adds an entry to a map, after another one or as its first: inside braces or on lines of its own, as the map is written. */
function added(
  text: string,
  map: YAMLMap,
  after: Entry | undefined,
  flow: string,
  block: readonly string[],
): Edit {
  const [start, end] = map.range!;
  if (map.items.length === 0) return { start, end, text: `{ ${flow} }` };
  const first = entriesOf(map)[0]!.key.range[0];
  if (map.flow) return after ? inserted(after.value.range[1], `, ${flow}`) : inserted(first, `${flow}, `);

  const lineBreak = text.includes("\r\n") ? "\r\n" : "\n";
  const indent = " ".repeat(first - startOfLine(text, first));
  const lines = block.map((line) => indent + line).join(lineBreak);
  if (!after) return inserted(startOfLine(text, first), lines + lineBreak);
  const lineEnd = text.indexOf("\n", after.value.range[1]);
  return lineEnd < 0 ? inserted(text.length, lineBreak + lines) : inserted(lineEnd + 1, lines + lineBreak);
}

function inserted(position: number, text: string): Edit {
  return { start: position, end: position, text };
}

function startOfLine(text: string, position: number): number {
  return text.lastIndexOf("\n", position - 1) + 1;
}
