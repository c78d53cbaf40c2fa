import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { Command } from "@pulumi/command/local/command.js";
import * as pulumi from "@pulumi/pulumi";
import { Failure } from "../../contract/failure.ts";
import type { Configuration } from "../../config/schema.ts";
import type { SmokeSource, SmokeWorkflowRequest } from "../../contract/requests.ts";
import { smokeWorkflowText, workflowMaker } from "../../contract/smoke-workflow.ts";
import { written } from "../../contract/written.ts";
import type { Whole } from "../../contract/written.ts";
import { commandLine, requestEnvironment } from "../commands/commands.ts";
import { smokeSourceOf, targetOf } from "../../config/target.ts";

export interface SmokeWorkflowArgs {
  environment: string;
  configuration: Configuration;
}

/**
 * The smoke test's workflow in its repository: the file that the stack commits
 * there, or an existing file of others that it leaves alone.
 */
export class SmokeWorkflow extends pulumi.ComponentResource {
  readonly source: Whole<SmokeSource>;
  /** The file exists. A fleet that waits for it costs nothing if the repository refuses the file. */
  readonly published: pulumi.Resource;

  /** @throws when the smoke test is off in the configuration, or has no repository */
  constructor(name: string, args: SmokeWorkflowArgs, opts?: pulumi.ComponentResourceOptions) {
    super("longhaul:index:SmokeWorkflow", name, {}, opts);
    const { environment, configuration } = args;
    const source = smokeSourceOf(environment, configuration);
    if (!source) throw new Failure(`The smoke test of ${environment} is off (smokeTest.enabled).`);

    this.source = source;
    this.published = publish(source, this);
    this.registerOutputs({});

    /**
     * A Command and not the provider's RepositoryFile. That resource either
     * overwrites whatever is there or, once the state is lost, stops at its own
     * file; and it cannot say what to do if a branch's rules refuse the deletion.
     * The Command's name contains the file's, so that another file is another
     * resource, and the former one is deleted by its own request. GitHub ignores
     * the case of a repository's name, and so does the resource's name: otherwise
     * the "former" file could be the same one.
     */
    function publish(smoke: Whole<SmokeSource>, parent: pulumi.Resource) {
      const target = targetOf(environment, configuration);
      const request = written<SmokeWorkflowRequest>({
        target,
        smoke,
        text: configuration.smokeTest.manageWorkflow
          ? smokeWorkflowText(workflowMaker(target), readSmokeWorkflow())
          : undefined,
      });
      const script = commandLine("smoke publish");
      const repository = `${smoke.owner}-${smoke.repository}`.toLowerCase();
      return new Command(
        `${name}-${repository}-${smoke.workflow}-workflow`,
        {
          create: script,
          update: script,
          delete: commandLine("smoke withdraw"),
          environment: requestEnvironment(request),
        },
        // If it is replaced by hand, the file must not be deleted after the new one was committed.
        { parent, deleteBeforeReplace: true },
      );
    }
  }
}

function readSmokeWorkflow(): string {
  return readFileSync(createRequire(import.meta.url).resolve("#smoke-workflow"), "utf8");
}
