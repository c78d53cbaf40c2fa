# shellcheck shell=bash disable=SC2154 # The user data, which begins with this, sets `root`.
# Removes what an image of a used machine contains of that machine: its marks, registration and settings. What the image
# was made for stays: packages, users, the runner's folder with its workspaces and tools (docs/images.md).
# cloud-init takes the user data as run if this file exists, and makes the file before it runs the user data. After a power
# cut in between, the machine would never come up. So the file is removed first of all, and made again at the end.
rm -f "$root/var/lib/cloud/instance/sem/config_scripts_user"
sync
set -eu
state=$root/var/lib/longhaul
# bash reads a script while it runs it, so a boot script that runs must not be overwritten.
systemctl stop longhaul-boot.service 2>/dev/null || true
self=$(cat "$root/var/lib/cloud/data/instance-id")
if [[ -e $state && $(cat "$state/instance" 2>/dev/null) != "$self" ]]; then
  echo "longhaul: this disk comes from another machine: removes that machine's registration and marks"
  systemctl stop longhaul-agent.service || true
  grep -lsxE 'Runner\.(Listener|Worker)' /proc/[0-9]*/comm | while read -r name; do
    [[ $(readlink "${name%comm}cwd") != "$root"/home/* ]] || kill -KILL "${name//[!0-9]/}" || true
  done
  # The registration goes first: with it a listener would take the other machine's jobs.
  rm -rf "$root"/home/*/actions-runner/{.runner*,.credentials*,.env,.path}
  rm -rf "$root"/{etc,opt,var/log}/longhaul "$root"/etc/systemd/system/{,*.wants/}longhaul-* \
    "$root"/etc/systemd/system/docker.service.d/longhaul.conf "$root"/etc/sudoers.d/9?-longhaul* \
    "$root"/etc/apt/apt.conf.d/95longhaul* "$root"/{usr/local/share/ca-certificates,etc/pki/ca-trust/source/anchors}/longhaul-*
  # The system's own list still has the other machine's certificates, and a running Docker still has its proxy. Without
  # --fresh, Debian's command leaves links to the certificates.
  if [[ -n $(command -v update-ca-certificates) ]]; then
    update-ca-certificates --fresh || true
  elif [[ -n $(command -v update-ca-trust) ]]; then
    update-ca-trust || true
  fi
  systemctl daemon-reload
  systemctl try-restart docker.service || true
  # If this folder is a mount point, only its contents can be removed.
  rm -rf "$root"/home/*/actions-runner/_diag || true
  # This goes last, because it records which machine the disk belongs to.
  rm -rf "$state"
fi
mkdir -p "$state"
