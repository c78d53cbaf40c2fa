import type { Socket } from "./sockets.ts";

/** Whether the listener is connected to GitHub. Moments are milliseconds of the monotonic clock. */
export interface ConnectionView {
  /** Since when a listener without a job has had no connection; undefined: it has one, or that is not known. */
  disconnectedAt: number | undefined;
  /** Since when GitHub has answered this machine in that time; undefined: it does not, or was not asked. */
  reachableAt: number | undefined;
}

export interface ConnectionWatch {
  /** @param sockets of the listener; undefined: none runs, or it has a job */
  look(now: number, sockets: (() => readonly Socket[]) | undefined): ConnectionView;
}

/**
 * Milliseconds between two looks at the sockets of a connected listener. The
 * kernel's table is too large to be read each second, and a wait for messages
 * holds its connection for most of a minute.
 */
const lookEveryMs = 15_000;
/** Milliseconds without a connection after which a listener is suspected, and GitHub is asked from the machine. */
const suspectAfterMs = 90_000;
/** Milliseconds between two such questions. */
const askEveryMs = 20_000;

/**
 * Watches whether a listener polls. A listener that polls is connected nearly
 * all the time; between failed polls it waits for a minute at most.
 *
 * @param reachGithub whether the listener's server answers this machine; never rejects
 */
export function watchConnection(reachGithub: () => Promise<boolean>): ConnectionWatch {
  let dueAt = -Infinity;
  let view: ConnectionView = { disconnectedAt: undefined, reachableAt: undefined };
  let asking: { dueAt: number } | undefined;

  const forget = () => {
    view = { disconnectedAt: undefined, reachableAt: undefined };
    asking = undefined;
  };

  const ask = (now: number) => {
    const question = (asking = { dueAt: Infinity });
    void reachGithub().then((reached) => {
      if (asking !== question) return; // The listener has been connected since.
      asking = { dueAt: now + askEveryMs };
      view = { ...view, reachableAt: reached ? (view.reachableAt ?? now) : undefined };
    });
  };

  return {
    look(now, sockets) {
      if (!sockets) {
        forget();
        dueAt = -Infinity;
        return view;
      }
      if (view.disconnectedAt === undefined && now < dueAt) return view;
      dueAt = now + lookEveryMs;
      if (sockets().some(({ connected }) => connected)) forget();
      else {
        view = { ...view, disconnectedAt: view.disconnectedAt ?? now };
        const suspected = now - view.disconnectedAt! >= suspectAfterMs;
        if (suspected && now >= (asking?.dueAt ?? -Infinity)) ask(now);
      }
      return view;
    },
  };
}
