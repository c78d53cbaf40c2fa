#!/bin/bash
# The hooks of a job, which tidy the machine up. Only in a hook is it certain that no other job has begun. This is hygiene,
# not isolation: a malicious job gets around all of it (docs/tidy-room.md).
#
#   job-started.sh, job-completed.sh   links to this file, run by the runner as its user
#   job-hooks.sh tidy [FOLDER]         what both run; keeps FOLDER, the workspace of a job that is about to begin
#   job-hooks.sh install [NAME=value…] run by root before the first job: records what exists, which belongs to the
#                                      machine and stays; sets the variables for all jobs
#
# From the source of actions/runner: hooks run with `bash -e` in the job's workspace, with the variables of the
# contexts github and runner. The job's own variables are not set, but the folders that it added are in front of PATH.
# When the first hook begins, the job's actions have been downloaded (_work/_actions and _work/_temp are this job's
# already). Its containers, services and steps follow. The second hook is the last step: post steps have run and the
# job's containers are gone. The runner's own search for orphaned processes follows it.
#
# Comments on lines of their own are left out of what the machine gets.
here=${0%/*}
root=${here%/opt/longhaul}
state=$root/var/lib/longhaul
facts=$root/run/longhaul/jobs
# This mark exists if no job has begun since the machine was last tidied up.
tidied=$state/job/tidied

# A failing hook fails the user's job, and the runner sets hooks no time limit.
tidy_in_time() {
  command -p timeout -k 5 120 "$BASH" "$here/job-hooks.sh" tidy "$@" </dev/null || return 0
  : >"$tidied" || true
}
case $0 in
*/job-started.sh)
  # The ledger reads these facts. The file's name is the process id of the job's worker, which is the hook's parent.
  { printf '%s\n' "$GITHUB_REPOSITORY" "$GITHUB_RUN_ID" "$GITHUB_RUN_ATTEMPT" "$GITHUB_JOB" "$GITHUB_WORKFLOW" >"$facts/new" &&
    command -p mv -f "$facts/new" "$facts/$PPID"; } 2>/dev/null || true
  # Without the mark, an earlier job did not reach its last hook: its worker crashed, or the machine was rebooted.
  [[ -e $tidied ]] || tidy_in_time "$RUNNER_WORKSPACE"
  command -p rm -f "$tidied" || true
  exit 0
  ;;
*/job-completed.sh)
  # Workspaces are removed by age, and this one was used last.
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

# Lists what may stay for later jobs, unused for longest first: workspaces, tools by version, caches, and the rest of the
# home folder. The runner's own folders in _work begin with an underscore. It empties _temp and _actions by itself.
places() {
  find -P actions-runner/_work{,/_tool/*} .cache . -mindepth 1 -maxdepth 1 ! -name '_*' ! -name actions-runner \
    ! -name .cache -printf '%T@ %p\n' | sort -n | cut -d ' ' -f 2-
}

# Runs Docker's command, or nothing if the fleet has no Docker.
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
  # The hooks write to this folder. The mark is set, because no job has left anything yet.
  mkdir -p "$state/job"
  : >"$tidied"
  chown -R "$RUNNER_USER:" "$state/job" actions-runner/.env
  umask 027
  declare -p PATH >"$state/path"
  {
    places
    for list in "ps -aq" "network ls -q" "volume ls -q" "images -aq" "info -f {{.Swarm.NodeID}}"; do
      # shellcheck disable=SC2086 # The list is several words.
      engine $list || true
    done
  } >"$state/before" 2>/dev/null
  # Most of these files do not exist.
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

# The listener, the worker and this hook must live on, and so must .NET's files for them in /tmp, for example
# dotnet-diagnostic-<pid>-….
kept=" " spared=() pid=$$
while ((pid > 1)); do
  kept+="$pid "
  spared+=(! -name "*-$pid-*")
  pid=$(sed -n 's/^PPid:\t//p' "/proc/$pid/status")
done

# Ends the user's other processes, also those that have left the job's session or cleared the variable by which the runner
# finds them. They get SIGTERM for two seconds, then SIGKILL.
for round in {1..50}; do
  strays=()
  for pid in $(pgrep -u "$RUNNER_USER"); do
    # The search's own process may be in the list, but has ended.
    [[ $kept == *" $pid "* || ! -e /proc/$pid ]] || strays+=("$pid")
  done
  ((${#strays[@]})) || break
  ((round > 1)) || say "ends processes that a job has left: ${strays[*]}"
  kill -$((round < 20 ? 15 : 9)) "${strays[@]}"
  sleep 0.1
done

# Removes temporary files. find follows no link and stays on each folder's file system. Go makes folders read-only, and
# they cannot be emptied before they are writable again.
temporary() {
  find -P "$root"/{tmp,var/tmp,dev/shm} -xdev -mindepth 1 -user "$EUID" "$@"
}
temporary -type d ! -perm -700 -exec chmod u+rwx {} \;
temporary "${spared[@]}" -delete

# The worker removes its log of a step when it is uploaded. If the worker dies, the log stays for ever, and so do the logs
# of updates. This removes what has not been written for six days: no job lasts that long, and what runs has written since.
find -P actions-runner/_diag -xdev -type f -mtime +5 -delete

# A container or sudo may have left files that belong to root. They can be removed only if jobs have sudo.
remove() {
  rm -rf --one-file-system "$1" || chmod -R u+rwx "$1"
  rm -rf --one-file-system "$1" || sudo -n rm -rf --one-file-system "$1"
}

# The runner updates itself into bin.<version> and externals.<version>; bin and externals are links to them from then on.
# It unpacks the new folders beside the others while a job runs. So it is about to use a version later than the present
# one, which stays.
for part in bin externals; do
  present=$(readlink "actions-runner/$part") || continue
  for place in "actions-runner/$part".[0-9]*; do
    sort -CV <<<"${present##*/}"$'\n'"${place##*/}" || remove "$place"
  done
done
# The runner unpacks updates here, copies them at once, and never removes them. No update takes a day.
find -P actions-runner/_work/_update -maxdepth 0 -mtime +0 | while IFS= read -r place; do
  remove "$place"
done

for name in "${personal[@]}"; do
  folder=./$name
  folder=${folder%/*}
  # A job may have replaced the folder by a link. Most names do not exist, but a job may have locked their folder.
  [[ -L $folder || -x $folder && ! -e $name && ! -L $name ]] || remove "$name"
done
# A job may also have changed the files that belong to the machine. On a full disk this fails, and the first hook of the
# next job tries again.
tar -xpf "$state/personal.tar"
status=$?

# others COMMAND…: lists what did not exist before the first job.
others() {
  "$@" | grep -vxFf "$state/before"
}
# If the daemon does not answer, it is not asked again, because each call may last until its time limit.
engine version || DOCKER=false
# A swarm would start its containers again. Without a swarm the answer is an empty line.
others engine info -f '{{.Swarm.NodeID}}' | grep . && engine swarm leave --force
others engine ps -aq | xargs -r timeout 60 docker rm -fv
others engine network ls -qf type=custom | xargs -r timeout 60 docker network rm
others engine volume ls -q | xargs -r timeout 60 docker volume rm
engine image prune -f

# Whether the disk is out of space, or of inodes if the file system counts them.
is_full() {
  local use
  for use in $(df --output=pcent,ipcent . | tail -n 1 | tr -d %-); do
    ((use <= DISK_PERCENT)) || return 0
  done
  return 1
}

if is_full; then
  full="more than $DISK_PERCENT % of the disk was in use"
  # Docker's images and cache go first, because nothing else grows without bound.
  others engine images -aq | xargs -r timeout 60 docker rmi -f
  engine builder prune -af
  [[ $DOCKER == false ]] || say "$full: removed the images of jobs and Docker's build cache"
  others places | while IFS= read -r place && is_full; do
    [[ $PWD/${place#./} != "$2" ]] || continue
    # Renamed first, so that what the time limit leaves half removed is not taken for complete.
    gone=${place%/*}/_gone
    remove "$gone"
    mv -T "$place" "$gone" && remove "$gone" && say "$full: removed $place"
  done
  # The job that is about to begin needs space more than what an earlier job has left in its workspace. The folder itself
  # stays, because the runner works in it.
  DISK_PERCENT=98
  if [[ -n $2 ]] && is_full; then
    find -P "$2" -mindepth 2 -maxdepth 2 | while IFS= read -r place; do
      remove "$place"
    done
    say "the disk was still full: emptied $2"
  fi
fi
exit "$status"
