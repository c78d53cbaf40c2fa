/**
 * Who asks, short enough for a table: the user's name, or the role and the
 * session's name, which in a single sign-on is the person.
 *
 * @param arn as STS tells it, for example `arn:aws:iam::123456789012:user/team/ada`
 */
export function callerName(arn: string): string {
  const resource = arn.split(":").slice(5).join(":");
  const [kind, ...path] = resource.split("/");
  if (kind === "assumed-role") {
    const [role, session] = [path[0] ?? "", path.at(-1) ?? ""];
    // The role behind a permission set has a name that tells nobody anything.
    return role.startsWith("AWSReservedSSO_") ? session : `${role}/${session}`;
  }
  return path.at(-1) ?? (resource === "" ? arn : resource);
}
