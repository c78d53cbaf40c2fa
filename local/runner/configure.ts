import { hostname } from "node:os";
import { Failure, sentenceOf } from "../../contract/failure.ts";
import { parseObject } from "../../contract/json.ts";
import type { CommandLine } from "./command-line.ts";
import type { Diagnostics } from "./diagnostics.ts";
import { bodyOf, createCall, runnerAuthorization } from "./exchange.ts";
import { exitCodes } from "./exit-codes.ts";
import type { RunnerCredentials } from "./settings.ts";
import {
  checkKey,
  deleteConfiguration,
  hasCredentials,
  isConfigured,
  loadCredentials,
  loadSettings,
  saveConfiguration,
} from "./settings.ts";

export interface ConfigureContext {
  root: string;
  version: string;
  commandLine: CommandLine;
  diagnostics: Diagnostics;
}

/** `config.sh`: registers the runner and writes its configuration. Unattended only. */
export async function configure(context: ConfigureContext): Promise<number> {
  return attempt(context, async () => {
    const { root, version, commandLine, diagnostics } = context;
    if (isConfigured(root)) {
      throw new Failure(
        "Cannot configure the runner because it is already configured. To reconfigure the runner, run 'config.cmd remove' or './config.sh remove' first.",
      );
    }
    diagnostics.section("Authentication");
    const url = valueOf(commandLine, "url");
    const registration = await authenticate(url, valueOf(commandLine, "token"), "register", diagnostics);
    diagnostics.success("Connected to GitHub");
    diagnostics.section("Runner Registration");
    checkKey(root);
    const name = commandLine.value("name") ?? hostname();
    const group = commandLine.value("runnergroup");
    const disableUpdate = commandLine.flag("disableupdate");
    const labels = (commandLine.value("labels") ?? "").split(",").filter((label) => label !== "");
    const noDefaultLabels = commandLine.flag("no-default-labels");
    if (noDefaultLabels && labels.length === 0) {
      throw new Failure("--no-default-labels is refused without --labels: the runner would have none.");
    }
    const call = createCall(registration.url, `Bearer ${registration.token}`);
    const { status, body, text } = await call("POST", "/runners", {
      read: bodyOf<Registered>({ id: "number", credentials: { clientId: "text", secret: "secret" } }),
      body: {
        name,
        ...(group === undefined ? {} : { group }),
        labels,
        version,
        os: "Linux",
        arch: process.arch.toUpperCase(),
        disableUpdate,
        replace: commandLine.flag("replace"),
        noDefaultLabels,
      },
    });
    if (status === 409) throw new Failure(`A runner exists with the same name ${name}.`);
    if (status !== 200 || !body) {
      const message = parseObject(text)?.message;
      throw new Failure(
        typeof message === "string" ? message : `GitHub answered ${status} to the registration.`,
      );
    }
    diagnostics.success("Runner successfully added");
    diagnostics.success("Runner connection is good");
    diagnostics.section("Runner settings");
    const settings = {
      agentId: body.id,
      agentName: name,
      poolName: group ?? "Default",
      serverUrl: registration.url,
      gitHubUrl: url,
      workFolder: commandLine.value("work") ?? "_work",
      disableUpdate,
    };
    saveConfiguration(root, settings, body.credentials);
    diagnostics.success("Settings Saved.");
  });
}

/** `config.sh remove`: deletes the runner's registration, unless `--local`, and its configuration. */
export async function remove(context: ConfigureContext): Promise<number> {
  const { root, commandLine, diagnostics } = context;
  if (commandLine.flag("local")) {
    removeLocalConfiguration(root, diagnostics);
    return exitCodes.done;
  }
  return attempt(context, async () => {
    diagnostics.section("Runner removal");
    if (!isConfigured(root) || !hasCredentials(root)) {
      diagnostics.line(
        "Cannot connect to server, because config files are missing. Skipping removing runner from the server.",
      );
    } else {
      const settings = loadSettings(root);
      await authenticate(settings.gitHubUrl, valueOf(commandLine, "token"), "remove", diagnostics);
      const call = createCall(settings.serverUrl, runnerAuthorization(loadCredentials(root)));
      const { status } = await call("DELETE", `/runners/${settings.agentId}`);
      if (status === 401) diagnostics.line("Does not exist. Skipping Removing runner from the server");
      else if (status === 204) diagnostics.success("Runner removed successfully");
      else throw new Failure(`GitHub answered ${status} to the removal of ${settings.agentName}.`);
    }
    removeLocalConfiguration(root, diagnostics);
  });
}

/**
 * Deletes the runner's files. `remove --local` does this, and so does the
 * listener when its registration is gone.
 */
export function removeLocalConfiguration(root: string, diagnostics: Diagnostics): void {
  const [had, was] = [hasCredentials(root), isConfigured(root)];
  deleteConfiguration(root);
  if (had) diagnostics.success("Removed .credentials");
  else diagnostics.line("Does not exist. Skipping Removing .credentials");
  if (was) diagnostics.success("Removed .runner");
  else diagnostics.line("Does not exist. Skipping Removing .runner");
}

/** Exchanges a registration or removal token for the address and key of the exchange. */
async function authenticate(url: string, token: string, event: string, diagnostics: Diagnostics) {
  const base = new URL(url).origin;
  const path = "/api/v3/actions/runner-registration";
  const call = createCall(base, `RemoteAuth ${token}`);
  const { status, body, text } = await call("POST", path, {
    read: bodyOf<{ url: string; token: string }>({ url: "text", token: "secret" }),
    body: { url, runner_event: event },
  });
  if (status === 200 && body) return body;
  const reason = { 401: "Unauthorized", 403: "Forbidden", 404: "NotFound" }[status] ?? String(status);
  diagnostics.fail(`Http response code: ${reason} from 'POST ${base}${path}'`);
  diagnostics.fail(text || '""');
  throw new Failure(`Response status code does not indicate success: ${status}.`);
}

/** GitHub's answer to a registration. */
interface Registered {
  id: number;
  credentials: RunnerCredentials;
}

function valueOf(commandLine: CommandLine, name: string): string {
  const value = commandLine.value(name);
  if (value === undefined)
    throw new Failure(`Invalid configuration provided for ${name}. Terminating unattended configuration.`);
  return value;
}

async function attempt({ diagnostics }: ConfigureContext, work: () => Promise<void>): Promise<number> {
  try {
    await work();
    return exitCodes.done;
  } catch (error) {
    diagnostics.fail(
      sentenceOf(error, (trace) => {
        diagnostics.trace("Listener", trace, "ERR ");
      }),
    );
    return exitCodes.terminated;
  }
}
