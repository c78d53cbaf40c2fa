import { getRestApi } from "@pulumi/github/getRestApi.js";
import * as pulumi from "@pulumi/pulumi";
import { Failure, messageOf, sentenceOf } from "../../contract/failure.ts";
import { ownerOf, repositoryOf } from "../../config/derive.ts";
import { readOffered, readSupport, readVersionNotes } from "../../config/runner-versions.ts";
import type { Configuration } from "../../config/schema.ts";

/**
 * Warns, at each `up` and preview, of configured runner versions that GitHub
 * refuses or will refuse. A failed lookup is reported and has no other effect.
 *
 * @param opts the GitHub provider to ask
 */
export async function warnOfRunnerVersions(
  { github, fleets }: Pick<Configuration, "github" | "fleets">,
  opts: pulumi.InvokeOptions,
): Promise<void> {
  const repository = repositoryOf(github);
  const scope =
    repository === undefined ? `orgs/${ownerOf(github)}` : `repos/${ownerOf(github)}/${repository}`;
  /** Undefined if GitHub answers 404, as it does for an unknown version. */
  const ask = async (path: string): Promise<unknown> => {
    const endpoint = `${scope}/actions/runners/${path}`;
    const { code, body } = await getRestApi({ endpoint }, opts).catch((error: unknown) => {
      throw new Failure(messageOf(error), { cause: error });
    });
    return code === 200 ? JSON.parse(body) : undefined;
  };
  try {
    const notes = await readVersionNotes(fleets, {
      offered: async () => readOffered(await ask("downloads")),
      support: async (version) => readSupport(await ask(`deprecations/${version}`)),
    });
    for (const note of notes) await pulumi.log.warn(note);
  } catch (error) {
    const words = sentenceOf(error, (trace) => void pulumi.log.info(trace));
    await pulumi.log.info(`The configured runner versions were not compared with GitHub's: ${words}`);
  }
}
