# shellcheck shell=bash disable=SC2154 # boot.sh, which reads this, sets the rest of its variables.
# Frees the blocks that ext4 keeps for root, and keeps the runner's logs off the disk.

# The agent's ballast replaces the blocks that ext4 keeps for root. A job with Docker fills those blocks like all others,
# and then a released ballast would leave no space for the next job. XFS, which Amazon Linux has, keeps no such blocks.
# This is never done on a user's own computer, where $root is set.
free_root_blocks() {
  [[ -n $root || $(findmnt -no FSTYPE /) != ext4 ]] || tune2fs -m 0 "$(findmnt -no SOURCE /)" ||
    echo "longhaul: the file system keeps its blocks for root"
}

# A worker that cannot write its own log dies, and its job dies with it. So the logs get a file system of their own, which
# a job that fills the disk cannot fill. It is in memory and is created again at each boot; the agent keeps it from filling
# up. While a listener or worker runs it is not mounted, because it would hide the logs that are open.
mount_runner_logs() {
  has_listener_or_worker || mount_real_folder || echo "longhaul: the runner's logs stay on the disk, so a job that fills the disk can fail"
}

# Jobs own the parent folder. They could have replaced it, or the folder of the logs, by a link, and root would mount over
# the link's target. The folder is entered before it is mounted over, so it cannot be replaced in between.
mount_real_folder() {
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
  # An empty folder may belong to root. The runner makes its own.
  rmdir "$folder" 2>/dev/null
  return 1
}
