import type { EngineEvent } from "@pulumi/pulumi/automation/index.js";

/** What the creation of a resource means to a person who watches, by type. */
const created: Record<string, (name: string) => string> = {
  "aws:ec2/vpc:Vpc": () => "network made",
  "aws:ec2/instance:Instance": (name) => `machine ${name} launched`,
};

/** The stack's Commands, by their resource's name: the messages when they begin and when they are done. */
const commands: readonly [name: RegExp, began: string | undefined, done: string | undefined][] = [
  [/^(.*)-await$/, undefined, "machines of $1 are online and have its labels"],
  [/^(.*)-settle$/, undefined, "machines of $1 are in service"],
  [/^.*-(guard|lift)$/, undefined, undefined],
  [/^.*-meter$/, "waiting until the controller counts what is spent", undefined],
  [/^.*-workflow$/, undefined, "the smoke test's workflow is in the repository"],
  [/^(.*)$/, "smoke test dispatched onto $1", "smoke job in progress on $1"],
];

/**
 * One line about an event of the engine; undefined for events that a person does
 * not follow: previews, and resources that stay as they are.
 */
export function tellEngineEvent(event: EngineEvent): string | undefined {
  const step = event.resourcePreEvent ?? event.resOutputsEvent;
  if (!step || step.planning) return undefined;
  const done = event.resOutputsEvent !== undefined;
  const { op, type, urn } = step.metadata;
  const name = urn.split("::").pop()!;
  const isCommand = type === "command:local:Command";
  if (op === "delete" && isCommand && name.endsWith("-guard")) {
    return done ? `${name}: no machine uses what it guards` : undefined;
  }
  if (op !== "create" && !(op === "update" && isCommand)) return undefined;
  if (!isCommand) return done ? created[type]?.(name) : undefined;
  const [pattern, began, ended] = commands.find(([suffix]) => suffix.test(name))!;
  const line = done ? ended : began;
  return line && name.replace(pattern, line);
}
