import type { Clock } from "./clock.ts";
import type { Incidents } from "./incidents.ts";
import type { LeavingHost } from "./leaving.ts";
import { leave, Refused } from "./leaving.ts";
import type { ListenerWatch } from "./listener-watch.ts";
import type { AgentMemory, Look } from "./look.ts";
import { afterAskingForToken, afterBootTimer, afterListenerStart, afterRefusal } from "./look.ts";
import type { MachinePower } from "./power.ts";
import type { Registrar } from "./registrar.ts";

/** What a decision is carried out with. */
export interface ActHost extends LeavingHost {
  listener: Pick<ListenerWatch, "start" | "freeze" | "thaw" | "end" | "endJob" | "forgetExit">;
  power: MachinePower;
  registrar: Registrar;
  incidents: Pick<Incidents, "goesOn" | "isOver">;
  pollSeconds: number;
  clock: Pick<Clock, "monotonic">;
  /** Changes what the agent remembers, at once: an act that fails has still been tried. */
  remember: (change: (memory: AgentMemory) => AgentMemory) => void;
}

const bootTimerSentence =
  "The boot timer cannot be cancelled, so no listener is started. If the timer is armed, it powers the machine off an hour after the boot. The agent's log says why.";

/**
 * Carries out the decision of a look, if it is due.
 *
 * @returns whether the machine is ready for its power-off
 * @throws what went wrong: the next look decides again
 */
export async function actOn(host: ActHost, { memory, seen, decision, dueAt }: Look): Promise<boolean> {
  const { listener, ledger, clock, remember } = host;
  const { action, detail } = decision;
  if (seen.now < dueAt) return false;
  switch (action) {
    case "stay":
      return false;
    case "cancel-boot-timer":
      await cancelBootTimer(host);
      return false;
    case "start-listener":
      remember(afterListenerStart);
      listener.start();
      ledger.noteStart();
      return false;
    case "freeze":
      listener.freeze();
      return false;
    case "thaw":
      listener.thaw();
      return false;
    case "end-listener":
      await listener.end();
      return false;
    case "end-job":
      listener.endJob("SIGTERM");
      return false;
    case "kill-job":
      listener.endJob("SIGKILL");
      return false;
    case "register":
      remember((before) => afterAskingForToken(before, clock.monotonic(), host.pollSeconds * 1000));
      if ((await host.registrar.attempt()).outcome === "registered") listener.forgetExit();
      return false;
    case "sleep":
    case "retire":
      try {
        await leave(host, action, detail, memory.refusals);
        return true;
      } catch (error) {
        if (error instanceof Refused) remember((before) => afterRefusal(before, clock.monotonic()));
        throw error;
      }
  }
}

async function cancelBootTimer({ power, incidents, remember }: ActHost): Promise<void> {
  try {
    await power.cancelBootTimer();
  } catch (error) {
    incidents.goesOn("bootTimerKept", bootTimerSentence);
    throw error;
  }
  incidents.isOver("bootTimerKept");
  remember(afterBootTimer);
}
