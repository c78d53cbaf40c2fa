import { ActionsOrganizationVariable } from "@pulumi/github/actionsOrganizationVariable.js";
import { ActionsRunnerGroup } from "@pulumi/github/actionsRunnerGroup.js";
import { ActionsVariable } from "@pulumi/github/actionsVariable.js";
import { getActionsOrganizationRegistrationTokenOutput } from "@pulumi/github/getActionsOrganizationRegistrationToken.js";
import { getActionsRegistrationTokenOutput } from "@pulumi/github/getActionsRegistrationToken.js";
import { getRepositoryOutput } from "@pulumi/github/getRepository.js";
import * as pulumi from "@pulumi/pulumi";
import { repositoryOf } from "../../config/derive.ts";
import type { Configuration } from "../../config/schema.ts";
import { labelsVariableName } from "../../contract/names.ts";
import { runsOnLabels } from "../../config/runs-on-labels.ts";

export interface RunnerRegistrationArgs {
  environment: string;
  configuration: Configuration;
}

/** What a machine needs of GitHub. {@link RunnerRegistration} is one; another program may bring its own. */
export interface MachineRegistration {
  /** Registration token, secret, valid for an hour. One for all new machines of an `up`. */
  token: pulumi.Output<string>;
  /** Everything that must exist before a machine registers and until it has left. */
  foundations: readonly pulumi.Resource[];
}

/** The repositories that may use the runners, sorted, so that GitHub's order does not matter. */
interface Audience {
  visibility: "all" | "selected" | "private";
  selectedRepositoryIds?: pulumi.Output<number[]>;
}

/**
 * Everything at GitHub: the runner group and the repositories that may use it
 * (organisations), a variable per fleet for `runs-on` in workflows, and the token
 * that new machines register with.
 */
export class RunnerRegistration extends pulumi.ComponentResource implements MachineRegistration {
  readonly token: pulumi.Output<string>;
  readonly foundations: readonly pulumi.Resource[];

  constructor(name: string, args: RunnerRegistrationArgs, opts?: pulumi.ComponentResourceOptions) {
    super("longhaul:index:RunnerRegistration", name, {}, opts);
    const { environment, configuration } = args;
    const { fleets, github } = configuration;
    const repository = repositoryOf(github);
    const child = { parent: this };

    const audience = findAudience();
    const groups = createRunnerGroup();
    for (const fleet of Object.keys(fleets)) createLabelsVariable(fleet);

    this.token = requestToken();
    this.foundations = groups;
    this.registerOutputs({});

    function findAudience(): Audience {
      // Without a group of its own, the organisation's default one is used. Public repositories cannot use that either,
      // unless an administrator has allowed it.
      if (!github.runnerGroup) return { visibility: "private" };
      const { visibility, repositories } = github.runnerGroup;
      if (visibility !== "selected") return { visibility };
      const found = [...repositories].sort().map((allowed) => getRepositoryOutput({ name: allowed }, child));
      const ids = pulumi.all(found.map(({ repoId }) => repoId));
      return { visibility, selectedRepositoryIds: ids.apply((all) => all.sort((one, other) => one - other)) };
    }

    function createRunnerGroup() {
      if (!github.runnerGroup) return [];
      return [
        new ActionsRunnerGroup(
          name,
          { name: github.runnerGroup.name, ...audience, allowsPublicRepositories: false },
          child,
        ),
      ];
    }

    function createLabelsVariable(fleet: string): void {
      const variable = {
        variableName: labelsVariableName(environment, fleet),
        value: JSON.stringify(runsOnLabels(fleets[fleet]!.labels)),
      };
      if (repository === undefined) {
        new ActionsOrganizationVariable(`${environment}-${fleet}`, { ...variable, ...audience }, child);
      } else {
        new ActionsVariable(`${environment}-${fleet}`, { ...variable, repository }, child);
      }
    }

    /** One request for each evaluation. The provider does not mark the result as secret. */
    function requestToken(): pulumi.Output<string> {
      const registration =
        repository === undefined
          ? getActionsOrganizationRegistrationTokenOutput(child)
          : getActionsRegistrationTokenOutput({ repository }, child);
      return pulumi.secret(registration.token);
    }
  }
}
