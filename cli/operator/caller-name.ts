/**
 * The caller's name, short enough for a table: the user's name, or the role and
 * the session's name, which is the person's name under single sign-on.
 *
 * @param arn as STS returns it, for example `arn:aws:iam::123456789012:user/team/ada`
 */
export function callerName(arn: string): string {
  const resource = arn.split(":").slice(5).join(":");
  const [kind, ...path] = resource.split("/");
  if (kind === "assumed-role") {
    const [role, session] = [path[0] ?? "", path.at(-1) ?? ""];
    // IAM Identity Center generates the name of a permission set's role, so the name says nothing useful.
    return role.startsWith("AWSReservedSSO_") ? session : `${role}/${session}`;
  }
  return path.at(-1) ?? (resource === "" ? arn : resource);
}
