import type { FleetSettings, Listing, Desired } from "../../contract/desired.ts";
import { jobLimitOf } from "./job-limit.ts";
import type { RunnerObservation } from "./runner-observation.ts";
import type { SettingsReading } from "./settings.ts";
import { keepKnown } from "./settings.ts";

/** What an agent remembers of its fleet's parameters from read to read. */
export interface FleetMemory {
  known: FleetSettings;
  /** The machine has been on a list at some time. */
  wasListed: boolean;
  /** Consecutive reads that found the machine on neither list. */
  unlistedReads: number;
}

/** What the fleet's parameters say of this machine. */
export type FleetView = Pick<RunnerObservation, "listing" | "mayRetire" | "power" | "jobLimit"> & {
  /** Minutes without a job after which the machine sleeps although power is on; undefined: it does not. */
  idleMinutes: number | undefined;
};

/** Most milliseconds between two reads of a machine that is on neither list. */
export const maxUnlistedMs = 5000;

/**
 * Consecutive reads that must find a machine on neither list: one read may have
 * one list from before a change and the other from after it.
 */
export const readsToRetire = 2;

/** @param desiredOf the machine's desired state by some settings */
export function afterRead(
  { known, wasListed, unlistedReads }: FleetMemory,
  reading: SettingsReading,
  desiredOf: (settings: FleetSettings) => Desired,
): FleetMemory {
  const settings = keepKnown(known, reading);
  const { listing } = desiredOf(settings);
  const isCounted = reading.candidates !== undefined && reading.roster !== undefined;
  return {
    known: settings,
    wasListed: wasListed || isListed(listing),
    unlistedReads: listing === "none" ? unlistedReads + (isCounted ? 1 : 0) : 0,
  };
}

/** The present view: an operator's override may have expired since the last read. */
export function fleetViewOf(
  { known, wasListed, unlistedReads }: FleetMemory,
  { listing, power, by, reason, idleMinutes }: Desired,
): FleetView {
  return {
    listing,
    mayRetire: known.override?.closing === true || (wasListed && unlistedReads >= readsToRetire),
    power: known.power && { power, by, reason },
    jobLimit: jobLimitOf(known.limits),
    idleMinutes,
  };
}

/** Milliseconds until the next read: a machine that waits to be listed asks more often. */
export function nextReadMs({ listing }: Pick<Desired, "listing">, pollMs: number): number {
  return isListed(listing) ? pollMs : Math.min(pollMs, maxUnlistedMs);
}

export function isListed(listing: Listing): boolean {
  return listing === "service" || listing === "candidate";
}
