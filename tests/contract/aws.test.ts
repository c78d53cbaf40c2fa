import { AssertionError } from "chai";
import { ec2Cases } from "./ec2-cases.ts";
import { startEmulator } from "./emulator.ts";
import { skip } from "../skip.ts";
import { startMoto } from "./moto.ts";
import { serviceCases } from "./service-cases.ts";
import { createClients } from "./target.ts";
import type { Case, Clients, Target } from "./target.ts";

const cases: readonly Case[] = [...ec2Cases, ...serviceCases];

describe("what the official AWS clients may rely on", () => {
  suite("the local cloud", startEmulator, ({ run }) => run);

  suite(
    "moto",
    () => startMoto(process.env),
    ({ title, run, motoDiffers }) =>
      motoDiffers === undefined ? run : (clients, target) => mustFail(title, run(clients, target)),
  );
});

function suite(
  name: string,
  start: () => Promise<Target | string>,
  runnerOf: (each: Case) => Case["run"],
): void {
  describe(`on ${name}`, () => {
    let target: Target;
    let clients: Clients;

    before(async function () {
      const started = await start();
      if (typeof started === "string") skip(this, started);
      target = started;
      clients = createClients(target);
    });

    after(async () => {
      for (const client of Object.values((clients as Clients | undefined) ?? {})) client.destroy();
      await (target as Target | undefined)?.stop();
    });

    for (const each of cases) {
      const differs = name === "moto" && each.motoDiffers !== undefined;
      it(differs ? `differs: ${each.title} (${each.motoDiffers!})` : each.title, async function () {
        await runnerOf(each)(clients, target);
      });
    }
  });
}

/**
 * Passes when AWS's rule does not hold on the server, or when the server
 * refuses the call. It does not pass when the server cannot be reached.
 */
async function mustFail(title: string, run: Promise<void>): Promise<void> {
  try {
    await run;
  } catch (error) {
    const answered = (error as { $metadata?: { httpStatusCode?: number } }).$metadata?.httpStatusCode;
    if (error instanceof AssertionError || answered !== undefined) return;
    throw error;
  }
  throw new Error(`moto now behaves as AWS does ("${title}"): remove the note from the case`);
}
