/*
 * Explanations for keys that the schema does not know.
 */

const spot =
  "is not a key of Longhaul's, which has no spot machines: EC2 takes them back at two minutes' notice, and its locks against stopping and terminating do not exist for them, so a job of hours would be killed; remove it";
const linuxOnly = "is not a key, because Longhaul's runners are Linux machines only; remove it";
const credentials =
  "is not a key of Longhaul's: credentials never stand in the configuration, they come from the environment (GITHUB_TOKEN, or GITHUB_APP_ID and its companions); remove it, and replace what was written here";

/** Keys that people try and that Longhaul leaves out on purpose, in lower case. */
const explained: Readonly<Record<string, string>> = {
  spot,
  market: spot,
  markettype: spot,
  spotprice: spot,
  maxspotprice: spot,
  instancemarketoptions: spot,
  os: linuxOnly,
  platform: linuxOnly,
  windows: linuxOnly,
  macos: linuxOnly,
  token: credentials,
  githubtoken: credentials,
  password: credentials,
  privatekey: credentials,
  accesskey: credentials,
  secretkey: credentials,
};

/**
 * Why a key is refused, and which one was probably meant.
 *
 * @param known the keys that may be used instead
 */
export function unknownKeySentence(key: string, known: readonly string[]): string {
  const reason = explained[key.toLowerCase()];
  if (reason !== undefined) return reason;
  const closest = closestOf(key, known);
  const meant = closest === undefined ? "" : `; did you mean ${closest}?`;
  return `is not a key of Longhaul's${meant || `; known here: ${known.join(", ")}`}`;
}

/** The known name that is at most a third of its letters away, ignoring case. */
function closestOf(word: string, known: readonly string[]): string | undefined {
  const ranked = known
    .map((name) => ({ name, distance: distance(word.toLowerCase(), name.toLowerCase()) }))
    .filter((candidate) => candidate.distance <= Math.max(1, Math.floor(candidate.name.length / 3)))
    .sort((one, other) => one.distance - other.distance);
  return ranked[0]?.name;
}

/** Levenshtein's distance: letters to insert, remove or replace. */
function distance(from: string, to: string): number {
  let row = Array.from({ length: to.length + 1 }, (_, column) => column);
  for (let index = 0; index < from.length; index++) {
    const next = [index + 1];
    for (let column = 1; column <= to.length; column++) {
      const replaced = row[column - 1]! + (to[column - 1] === from[index] ? 0 : 1);
      next.push(Math.min(replaced, row[column]! + 1, next[column - 1]! + 1));
    }
    row = next;
  }
  return row[to.length]!;
}
