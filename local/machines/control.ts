import type { IncomingMessage } from "node:http";
import { createServer } from "node:http";
import { text } from "node:stream/consumers";
import { traceOf } from "../../contract/failure.ts";
import type { PowerDown } from "./host.ts";
import type { Power } from "./power.ts";
import type { Services } from "./services.ts";
import { splitWords } from "./units.ts";

/** What a command prints and its exit status. */
export interface Answer {
  status: number;
  text: string;
}

/**
 * Answers the stand-ins for `systemctl`, `shutdown`, `poweroff`, `reboot`,
 * `busctl` and `systemd-run`. `words` is their command line.
 */
export async function control(words: readonly string[], services: Services, power: Power): Promise<Answer> {
  const [command, ...rest] = words;
  const flags = rest.filter((word) => /^-[^-0-9]|^--/.test(word));
  const operands = rest.filter((word) => !flags.includes(word));
  if (command === "shutdown") return shutdown(flags, operands, power);
  if (command === "systemd-run") return startScope(rest, services);
  if (command === "busctl" && operands.at(-1) === "PreparingForShutdown") {
    return { status: 0, text: `b ${power.preparing()}` };
  }
  const verb = command === "systemctl" ? operands.shift() : command;
  switch (verb) {
    case "poweroff":
    case "halt":
    case "reboot":
      return goDown(verb === "reboot" ? "reboot" : "poweroff", power);
    case "daemon-reload":
      return succeeded; // Units are read again at each start.
    case "enable":
      operands.forEach((name) => {
        services.enable(name);
      });
      return flags.includes("--now") ? startAll(operands, flags, services) : succeeded;
    case "disable":
      operands.forEach((name) => {
        services.disable(name);
      });
      if (flags.includes("--now")) await Promise.all(operands.map((name) => services.stop(name)));
      return succeeded;
    case "start":
      return startAll(operands, flags, services);
    case "stop":
      await Promise.all(operands.map((name) => services.stop(name)));
      return succeeded;
    case "restart":
      await Promise.all(operands.map((name) => services.stop(name)));
      return startAll(operands, flags, services);
    case "try-restart": {
      const running = operands.filter((name) => services.state(name) === "active");
      await Promise.all(running.map((name) => services.stop(name)));
      return startAll(running, flags, services);
    }
    case "kill":
      operands.forEach((name) => {
        services.kill(name, signalOf(flags));
      });
      return succeeded;
    case "reset-failed":
      operands.forEach((name) => {
        services.resetFailed(name);
      });
      return succeeded;
    case "isolate":
    case "default":
      await services.isolate();
      return succeeded;
    case "is-system-running": {
      const state = services.stopping() ? "stopping" : "running";
      return { status: state === "running" ? 0 : 1, text: state };
    }
    case "is-active": {
      const states = operands.map((name) => services.state(name));
      return { status: states.includes("active") ? 0 : 3, text: states.join("\n") };
    }
    default:
      return { status: 1, text: `The local cloud's ${command} does not know "${words.join(" ")}".` };
  }
}

const succeeded: Answer = { status: 0, text: "" };

async function startAll(names: string[], flags: string[], services: Services): Promise<Answer> {
  const started = names.map((name) => services.start(name));
  if (flags.includes("--no-block")) return succeeded;
  const results = await Promise.all(started);
  const failed = names.filter((_, index) => !results[index]);
  return failed.length === 0
    ? succeeded
    : { status: 1, text: `Job for ${failed.join(", ")} failed. See the journal.` };
}

/** `--signal=KILL` or `-sKILL`; default SIGTERM. */
function signalOf(flags: readonly string[]): NodeJS.Signals {
  const named = flags.map((flag) => /^(?:--signal=|-s)(?:SIG)?(\w+)$/.exec(flag)?.[1]).find(Boolean);
  return `SIG${named ?? "TERM"}` as NodeJS.Signals;
}

/** Handles a request of `systemd-run --scope`: the scope's name, then its properties. */
function startScope([name, ...properties]: readonly string[], services: Services): Answer {
  const valuesOf = (key: string) =>
    properties.flatMap((property) => (property.startsWith(`${key}=`) ? property.slice(key.length + 1) : []));
  services.addScope(name!, { after: valuesOf("After"), before: valuesOf("Before") });
  return succeeded;
}

function goDown(kind: PowerDown, power: Power): Answer {
  if (power.down(kind)) return succeeded;
  return { status: 1, text: "There's already a shutdown or sleep operation in progress" };
}

function shutdown(flags: string[], operands: string[], power: Power): Answer {
  if (flags.includes("-c")) {
    power.cancel();
    return succeeded;
  }
  const kind = flags.includes("-r") ? "reboot" : "poweroff";
  const when = operands[0] ?? "+1";
  if (when === "now" || when === "+0") return goDown(kind, power);
  if (!/^\+\d+$/.test(when)) return { status: 1, text: `Failed to parse time specification: ${when}` };
  const at = power.schedule(kind, Number(when) * 60_000);
  return { status: 0, text: `Shutdown scheduled for ${at.toUTCString()}, use 'shutdown -c' to cancel.` };
}

/**
 * Serves the stand-ins over a Unix socket. Both sides use a path relative to
 * the current folder, because a socket's path may be no longer than 107 bytes.
 */
export async function serveControl(path: string, services: Services, power: Power): Promise<void> {
  const answer = async (request: IncomingMessage): Promise<Answer> => {
    try {
      return await control(splitWords(await text(request)), services, power);
    } catch (error) {
      return { status: 1, text: traceOf(error) };
    }
  };
  const server = createServer((request, response) => {
    void answer(request).then(({ status, text }) => response.end(`${status}\n${text}`));
  });
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject).listen(path, resolve);
  });
}
