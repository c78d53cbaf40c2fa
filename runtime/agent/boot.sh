#!/bin/bash
# Turns a fresh instance into a registered runner and starts the agent. It runs
# as root at every boot (longhaul-boot.service). Steps that are done are marked
# and skipped, so an interrupted first boot continues where it stopped. That
# also holds after a power cut, which can leave files that exist but are empty.
# Every path is below LONGHAUL_ROOT, which is empty on a real machine. The user
# data writes this file, the parts in boot/ with the functions that it calls,
# boot.env with the plain values in capitals, and the instance's id.
#
# Comments on lines of their own are left out of what the machine gets.
set -Eeuo pipefail

root=${LONGHAUL_ROOT:-}
etc=$root/etc/longhaul
opt=$root/opt/longhaul
state=$root/var/lib/longhaul
logs=$root/var/log/longhaul
units=$root/etc/systemd/system
metadata=${AWS_EC2_METADATA_SERVICE_ENDPOINT:-http://169.254.169.254}
# shellcheck source=/dev/null
source "$etc/boot.env"
runner=$root/home/$RUNNER_USER/actions-runner
agent=longhaul-agent.service
doing="the boot script"
refusal=
installer=

step() {
  doing=$1
  echo "longhaul: $1"
}

# Writes one sentence to the console and reports it as the machine's state.
# systemd starts this script again in five minutes. The timer stays armed, so a
# machine that never comes up powers off.
fail() {
  ((BASH_SUBSHELL)) && exit 1
  trap - ERR
  echo "longhaul: boot failed: $1" >&2
  report boot-failed "$1" || echo "longhaul: this could not be reported as the instance's state: $refusal" >&2
  exit 1
}
for part in "$opt"/boot/*.sh; do
  # shellcheck source=/dev/null
  source "$part"
done
trap 'fail "$doing: \"$BASH_COMMAND\" ended with $?."' ERR

# retry TRIES COMMAND…: repeats the command until it succeeds. It waits 1, 2, 4, … seconds in between, at most 30.
retry() {
  local tries=$1 delay=1
  shift
  until "$@"; do
    ((--tries)) || return 1
    sleep "$delay"
    ((delay = delay < 15 ? delay * 2 : 30))
  done
}

is_done() {
  [[ $(cat "$state/done/$1" 2>/dev/null) == "$self" ]]
}

# once NAME WHOLE COMMAND…: runs the command unless an earlier boot has done so. What the command writes is on the disk
# before its mark is. The mark counts only while the command WHOLE finds the result undamaged.
once() {
  local name=$1 whole=$2
  shift 2
  ! is_done "$name" || ! "$whole" || return 0
  "$@"
  sync
  echo "$self" >"$state/done/$name"
}

# once_a_boot NAME COMMAND…: runs the command once in each boot, even if systemd or a person starts this script again,
# because a job may be running by then. /run is empty at each boot.
once_a_boot() {
  local mark=$root/run/longhaul/$1-done
  shift
  [[ ! -e $mark ]] || return 0
  "$@"
  : >"$mark"
}

# Ends the boot if the machine is registered. From then on jobs can write to the runner's folder, so root must not fetch
# anything into it or copy anything from it again.
before_registration() {
  ! is_done registration || fail "$1 is damaged. Replace the machine: raise the runner's generation."
}

# Looks at all processes, because a listener and a worker outlive the agent that started them.
has_listener_or_worker() {
  local name
  while read -r name; do
    [[ $(readlink "${name%comm}cwd") != "$runner"* ]] || return 0
  done < <(grep -lsxE 'Runner\.(Listener|Worker)' /proc/[0-9]*/comm)
  return 1
}

# Whether the machine serves jobs already. If a person starts this script there, it must not power the machine off.
is_at_work() {
  systemctl is-active --quiet "$agent" || has_listener_or_worker
}

# An image of a used machine contains all of this, and systemd starts its units before the user data runs and removes them.
# Until then the files and the registration belong to the other machine. If the metadata service does not answer, the boot
# goes on, and the agent waits for the service and checks again. A machine that never runs its user data powers off.
owner=$(cat "$state/instance" 2>/dev/null) || owner=
self=$(retry 5 read_metadata instance-id) || self=${owner:-unknown}
if [[ -n $owner && $owner != "$self" ]]; then
  echo "longhaul: this disk comes from $owner, and this machine is $self: does nothing until the user data has run"
  if ! is_at_work; then
    shutdown -P +60
    echo "longhaul: powers off in an hour unless the user data runs; \`shutdown -c\` cancels that"
  fi
  exit 0
fi
mkdir -p "$state/done" "$logs" "$root/run/longhaul"
boot_begins=false
if ! is_at_work; then
  # A retry belongs to the same boot and must not postpone the power-off.
  if [[ ! -s $root/run/longhaul/boot ]]; then
    step "arming the timer that powers off a machine without an agent"
    shutdown -P +60
    # The ledger reads this time, to account for the cost of the machine before it can take a job.
    date +%s >"$root/run/longhaul/boot"
  fi
  boot_begins=true
fi
connection=()
if [[ -e $opt/connection.sh ]]; then
  step "setting proxy and certificates"
  # shellcheck source=runtime/agent/connection.sh
  source "$opt/connection.sh"
fi
# This comes after the proxy is set, because EC2 may be reachable only through it.
[[ $boot_begins == false ]] || retry 3 report booting "" || echo "longhaul: the state could not be reported yet: $refusal"
if [[ $BAKED == false ]]; then
  step "looking at the image"
  choose_installer
  step "stopping upgrades"
  once upgrades true stop_upgrades
fi
step "finishing packages that were interrupted"
mend_packages
if [[ $BAKED == false ]]; then
  step "installing packages"
  "install_by_$installer"
fi
step "closing the metadata service to users"
close_metadata
once disk true free_root_blocks
step "making the user $RUNNER_USER"
once user true make_user
once release true release_user
for number in "${!BOOT_STEPS[@]}"; do
  step "boot step $((number + 1))"
  once "boot-step-$((number + 1))" true run_boot_step "Boot step $((number + 1))" "${BOOT_STEPS[number]}"
done
for number in "${!EVERY_BOOT[@]}"; do
  step "step $((number + 1)) of every boot"
  once_a_boot "step-$((number + 1))" run_boot_step "Step $((number + 1)) of every boot" "${EVERY_BOOT[number]}"
done
step "denying the user what outlives a job"
once confinement true confine_user
step "installing the runner"
once runner is_runner install_runner
mount_runner_logs
once node is_node copy_node
step "installing the agent"
once software is_software install_software
once hooks are_hooks install_hooks
step "registering"
once registration true "$opt/node" "$opt/agent.mjs" register
step "starting the agent"
start_agent
