# shellcheck shell=bash disable=SC2154 # boot.sh, which reads this, sets the rest of its variables.
# What the disk keeps free, and what is kept off it.

# The agent's ballast takes the place of the blocks that ext4 keeps for root: a job with Docker fills those like all
# others, and then releasing the ballast would leave nothing for the next job. XFS, which Amazon Linux has, keeps none.
# This is never done on a user's own computer, where $root is set.
free_root_blocks() {
  [[ -n $root || $(findmnt -no FSTYPE /) != ext4 ]] || tune2fs -m 0 "$(findmnt -no SOURCE /)" ||
    echo "longhaul: the file system keeps its blocks for root"
}

# A worker that cannot write its own log dies, and its job with it: a job that fills the disk must not reach that log. It
# gets a file system of its own, in memory and made anew at each boot. The agent keeps it from filling up. It would hide
# the logs of a listener or worker that runs already.
mount_runner_logs() {
  has_listener_or_worker || mount_where_it_is || echo "longhaul: the runner's logs stay on the disk: a job that fills it can fail by that"
}

# Jobs own the folder above, and could have put a link in its place or in that of the logs: root would mount over what it
# points to. The folder is entered first, so it can no longer be another when it is mounted over.
mount_where_it_is() {
  local folder options
  folder=$(realpath "$root/home/$RUNNER_USER")/actions-runner/_diag
  if [[ $(realpath -m "$folder") != "$folder" ]]; then
    echo "longhaul: $folder is a link to $(realpath -m "$folder"): nothing is mounted there"
    return 1
  fi
  ! mountpoint -q "$folder" || return 0
  mkdir -p "$folder"
  options="size=20%,mode=755,nosuid,nodev,uid=$(id -u "$RUNNER_USER"),gid=$(id -g "$RUNNER_USER")"
  (cd "$folder" && [[ $(pwd -P) == "$folder" ]] && mount --no-canonicalize -t tmpfs -o "$options" longhaul-diag .) && return 0
  # An empty one may be root's: the runner makes its own.
  rmdir "$folder" 2>/dev/null
  return 1
}
