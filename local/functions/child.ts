import { pathToFileURL } from "node:url";
import { inspect } from "node:util";
import { Failure } from "../../contract/failure.ts";

/*
 * A warm instance of a function: it loads the handler and runs it for each
 * event that the host sends, one after the other, as Lambda does. What it
 * prints is the function's log.
 */

/** A message from the host. */
export interface Invocation {
  id: number;
  event: unknown;
}

/** A message to the host. */
export type FunctionAnswer = { id: number } & ({ result: unknown } | { error: string });

type Handler = (event: unknown) => unknown;

const [folder, handlerName] = process.argv.slice(2) as [string, string];
const [file, name] = handlerName.split(".") as [string, string];
const loading = import(pathToFileURL(`${folder}/${file}.mjs`).href) as Promise<Record<string, Handler>>;

async function run(event: unknown): Promise<unknown> {
  const handler = (await loading)[name];
  if (!handler) throw new Failure(`${file}.mjs exports no ${name}.`);
  return handler(event);
}

process.on("message", ({ id, event }: Invocation) => {
  run(event).then(
    (result) => process.send!({ id, result } satisfies FunctionAnswer),
    (error: unknown) => process.send!({ id, error: inspect(error) } satisfies FunctionAnswer),
  );
});
// Without the host, the function that it emulates ends as well.
process.on("disconnect", () => {
  process.exit();
});
