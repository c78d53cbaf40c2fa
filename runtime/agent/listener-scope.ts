/**
 * The words before a command that move it to a systemd scope of its own, so that
 * what is done to the agent's unit (`systemctl kill`) does not reach the listener
 * and its job. `systemd-run --scope` becomes the command once it is in the scope,
 * so process id and exit code are the command's. If systemd makes no scope, the
 * command runs in the agent's unit: a listener in the wrong place is better than
 * none. That is tried beforehand with `true`, because a failure of `systemd-run`
 * looks like one of the command.
 *
 * @see https://www.freedesktop.org/software/systemd/man/latest/systemd.scope.html
 */
export function inOwnScope(command: readonly string[]): [string, ...string[]] {
  return ["bash", "-c", script, "longhaul-listener", ...command];
}

const properties = [
  // It stops after the unit that ends the listener politely (boot.sh writes it), not before it.
  "Before=longhaul-shutdown.service",
  // From systemd 253 on, a scope ends all its processes when one of them has run out of memory, except a delegated one.
  "Delegate=yes",
  "TasksMax=infinity",
];

const script = `scope=(systemd-run --scope --quiet --collect --description="Longhaul listener" ${properties
  .map((property) => `--property=${property}`)
  .join(" ")} --)
if timeout 20 "\${scope[@]}" true; then exec "\${scope[@]}" "$@"; fi
echo "longhaul: no scope for the listener: it runs in the agent's unit" >&2
exec "$@"`;
