#!/bin/bash
# The hooks of a job, which leave the machine a tidy room. Only there is it certain that no other job has begun. It is
# hygiene, not isolation: a job that means harm gets around all of it (docs/tidy-room.md).
#
#   job-started.sh, job-completed.sh   links to this file, run by the runner as its user
#   job-hooks.sh tidy [FOLDER]         what they run; leaves FOLDER alone, the workspace of a job that is about to begin
#   job-hooks.sh install [NAME=value…] as root, before the first job: what is there then is the machine's, and stays;
#                                      the variables are for all jobs
#
# From the source of actions/runner: hooks run with `bash -e` in the job's workspace, with the variables of the
# contexts github and runner. The job's own variables are not there, but its folders are in front of PATH. When the
# first begins, the job's actions have been downloaded (_work/_actions and _work/_temp are its own already), and its
# containers, services and steps come after. The other is the last step: post steps have run, the job's containers are
# gone, and the runner's own search for orphaned processes comes after it.
#
# Comments on lines of their own do not travel to the machine.
here=${0%/*}
root=${here%/opt/longhaul}
state=$root/var/lib/longhaul
facts=$root/run/longhaul/jobs
# Made when a job has been tidied up after.
tidied=$state/job/tidied

# A failing hook fails the user's job, and nothing limits its time.
tidy_in_time() {
  command -p timeout -k 5 120 "$BASH" "$here/job-hooks.sh" tidy "$@" </dev/null || return 0
  : >"$tidied" || true
}
case $0 in
*/job-started.sh)
  # For the ledger, by the process of this job's worker, which is the hook's parent.
  { printf '%s\n' "$GITHUB_REPOSITORY" "$GITHUB_RUN_ID" "$GITHUB_RUN_ATTEMPT" "$GITHUB_JOB" "$GITHUB_WORKFLOW" >"$facts/new" &&
    command -p mv -f "$facts/new" "$facts/$PPID"; } 2>/dev/null || true
  # An earlier job never came to its end: its worker crashed, or the machine was rebooted.
  [[ -e $tidied ]] || tidy_in_time "$RUNNER_WORKSPACE"
  command -p rm -f "$tidied" || true
  exit 0
  ;;
*/job-completed.sh)
  # The workspace that was used last goes last.
  command -p touch -c "$RUNNER_WORKSPACE" || true
  tidy_in_time
  exit 0
  ;;
esac

# shellcheck source=/dev/null
source "$root/etc/longhaul/boot.env"
cd "$root/home/$RUNNER_USER" || exit
# Where tools keep credentials, and what shells run at their start: docs/tidy-room.md has the same lists.
personal=(
  .{aws,azure,boto,git-credentials,gitconfig,gnupg,kube,netrc,npmrc,pypirc,s3cfg,ssh,terraform.d,vault-token,yarnrc.yml}
  .config/{containers,gcloud,gh,git,pip} .cargo/credentials{,.toml} .composer/auth.json .docker/config.json
  .{bash_{aliases,login,logout,profile},bashrc,pam_environment,profile,z{login,logout,profile,shenv,shrc}} .config/{fish,powershell}
  .gem/credentials .gradle/gradle.properties .m2/settings.xml .pulumi/credentials.json
)

# What may stay for later jobs: workspaces, tools by version, caches, what else is in the home folder; unused for
# longest first. The runner's own in _work begins with an underscore, and it empties _temp and _actions by itself.
places() {
  find -P actions-runner/_work{,/_tool/*} .cache . -mindepth 1 -maxdepth 1 ! -name '_*' ! -name actions-runner \
    ! -name .cache -printf '%T@ %p\n' | sort -n | cut -d ' ' -f 2-
}

# Where the fleet has no Docker there is nothing.
engine() {
  [[ $DOCKER == false ]] || timeout 30 docker "$@"
}

if [[ $1 == install ]]; then
  set -e
  shift
  for hook in started completed; do
    ln -sf job-hooks.sh "$here/job-$hook.sh"
    set -- "$@" "ACTIONS_RUNNER_HOOK_JOB_${hook^^}=$here/job-$hook.sh"
  done
  printf '%s\n' "$@" >>actions-runner/.env
  # What the hooks write. No job has been here yet that would have to be tidied up after.
  mkdir -p "$state/job"
  : >"$tidied"
  chown -R "$RUNNER_USER:" "$state/job" actions-runner/.env
  umask 027
  declare -p PATH >"$state/path"
  {
    places
    for list in "ps -aq" "network ls -q" "volume ls -q" "images -aq" "info -f {{.Swarm.NodeID}}"; do
      # shellcheck disable=SC2086 # Several words.
      engine $list || true
    done
  } >"$state/before" 2>/dev/null
  # Most of them are not there.
  tar --ignore-failed-read -cf "$state/personal.tar" "${personal[@]}" 2>/dev/null
  chgrp "$(id -gn "$RUNNER_USER")" "$state"/{path,before,personal.tar}
  exit
fi

exec 3>&1 >/dev/null 2>&1
# shellcheck source=/dev/null
source "$state/path"
say() {
  echo "longhaul: $1" >&3
}

# Listener, worker and hook live on, and what .NET has in /tmp for them, for example dotnet-diagnostic-<pid>-….
kept=" " spared=() pid=$$
while ((pid > 1)); do
  kept+="$pid "
  spared+=(! -name "*-$pid-*")
  pid=$(sed -n 's/^PPid:\t//p' "/proc/$pid/status")
done

# Also those that have left the job's session or cleared the variable by which the runner finds them. SIGTERM for two
# seconds, then SIGKILL.
for round in {1..50}; do
  strays=()
  for pid in $(pgrep -u "$RUNNER_USER"); do
    # The search itself is over.
    [[ $kept == *" $pid "* || ! -e /proc/$pid ]] || strays+=("$pid")
  done
  ((${#strays[@]})) || break
  ((round > 1)) || say "ends processes that a job has left: ${strays[*]}"
  kill -$((round < 20 ? 15 : 9)) "${strays[@]}"
  sleep 0.1
done

# find follows no link and stays on each folder's file system. Go takes from folders the right to empty them.
temporary() {
  find -P "$root"/{tmp,var/tmp,dev/shm} -xdev -mindepth 1 -user "$EUID" "$@"
}
temporary -type d ! -perm -700 -exec chmod u+rwx {} \;
temporary "${spared[@]}" -delete

# The worker's log of a step goes from here when it is uploaded, and stays for ever where a worker has died; so do the logs
# of updates. No job lasts for six days, and what runs has written since this one ended.
find -P actions-runner/_diag -xdev -type f -mtime +5 -delete

# A container or sudo may have left files of root: only where jobs have sudo they can go.
remove() {
  rm -rf --one-file-system "$1" || chmod -R u+rwx "$1"
  rm -rf --one-file-system "$1" || sudo -n rm -rf --one-file-system "$1"
}

# The runner updates itself to bin.<version> and externals.<version>, to which bin and externals are links from then on. It
# unpacks the new ones beside the others while a job runs, so a later version than the present one is about to be used.
for part in bin externals; do
  present=$(readlink "actions-runner/$part") || continue
  for place in "actions-runner/$part".[0-9]*; do
    sort -CV <<<"${present##*/}"$'\n'"${place##*/}" || remove "$place"
  done
done
# Here it unpacks them, copies them at once, and never removes them. After a day no update can still be at that.
find -P actions-runner/_work/_update -maxdepth 0 -mtime +0 | while IFS= read -r place; do
  remove "$place"
done

for name in "${personal[@]}"; do
  # A job may have put a link in the place of the folder.
  [[ $name == */* && -L ${name%/*} ]] || remove "$name"
done
# A job may have changed what was there, too. On a full disk this fails, and the next job's first hook does it again.
tar -xpf "$state/personal.tar"
status=$?

# others COMMAND… lists what was not there before the first job.
others() {
  "$@" | grep -vxFf "$state/before"
}
# A dead daemon is asked no more: it may take its time with each answer.
engine version || DOCKER=false
# A swarm would begin its containers anew. Without one there is an empty line.
others engine info -f '{{.Swarm.NodeID}}' | grep . && engine swarm leave --force
others engine ps -aq | xargs -r timeout 60 docker rm -fv
others engine network ls -qf type=custom | xargs -r timeout 60 docker network rm
others engine volume ls -q | xargs -r timeout 60 docker volume rm
engine image prune -f

# Of space or of inodes, where the file system counts them.
is_full() {
  local use
  for use in $(df --output=pcent,ipcent . | tail -n 1 | tr -d %-); do
    ((use <= DISK_PERCENT)) || return 0
  done
  return 1
}

if is_full; then
  full="more than $DISK_PERCENT % of the disk were in use"
  # First, because nothing else grows without bound.
  others engine images -aq | xargs -r timeout 60 docker rmi -f
  engine builder prune -af
  [[ $DOCKER == false ]] || say "$full: removed the images of jobs and Docker's build cache"
  others places | while IFS= read -r place && is_full; do
    [[ $PWD/${place#./} != "$2" ]] || continue
    # Renamed first: what a time limit leaves half removed must not be taken for whole.
    gone=${place%/*}/_gone
    remove "$gone"
    mv -T "$place" "$gone" && remove "$gone" && say "$full: removed $place"
  done
  # The job that is about to begin does better without what an earlier one has left in its own workspace than without
  # room. The folder itself stays: the runner is in it.
  DISK_PERCENT=98
  if [[ -n $2 ]] && is_full; then
    find -P "$2" -mindepth 2 -maxdepth 2 | while IFS= read -r place; do
      remove "$place"
    done
    say "the disk was still full: emptied $2"
  fi
fi
exit "$status"
