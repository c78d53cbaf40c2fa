/**
 * The local cloud as a package: an AWS, a GitHub and their machines on one
 * computer, and the engine that works on them. `longhaul local` is built on it.
 */
export { readClock } from "./clock.ts";
export type { CloudOptions } from "./cloud.ts";
export { findEngine } from "./engine/find-engine.ts";
export type { EngineTools as Engine } from "./engine/find-engine.ts";
export { localStackName, openLocalStack, openStandingStack, stackFile } from "./engine/local-stack.ts";
export type { LocalStack, Update } from "./engine/operations.ts";
export { clearDeadLocks } from "./engine/stack-locks.ts";
export { reapMachines } from "./machines/index.ts";
export { enterCloudEnvironment, ownVariables, withoutOwn } from "./own-credentials.ts";
export { cloudFile, parseCloudFile, readBootSeconds, startCloudHere } from "./process/cloud-handle.ts";
export type { CloudFile, CloudHandle } from "./process/cloud-handle.ts";
export { holderOf, holdFolder } from "./process/folder-hold.ts";
export { serveCloud } from "./process/serve-cloud.ts";
