# shellcheck shell=bash disable=SC2154 # The user data, which begins with this, sets `root`.
# Takes away what an image of a used machine has brought along: another machine's marks, registration and settings. What
# the image is for stays: packages, users, the runner's folder with its workspaces and tools (docs/images.md).
# cloud-init counts the user data as run by the existence of this file, and makes it first. Were the power cut before the
# user data's end, the machine would never come up. So it goes before anything else, and is made again at the end.
rm -f "$root/var/lib/cloud/instance/sem/config_scripts_user"
sync
set -eu
state=$root/var/lib/longhaul
# bash reads a script while it runs it: one that is at work must not be written over.
systemctl stop longhaul-boot.service 2>/dev/null || true
self=$(cat "$root/var/lib/cloud/data/instance-id")
if [[ -e $state && $(cat "$state/instance" 2>/dev/null) != "$self" ]]; then
  echo "longhaul: the disk was another machine's: takes its registration and marks away"
  systemctl stop longhaul-agent.service || true
  grep -lsxE 'Runner\.(Listener|Worker)' /proc/[0-9]*/comm | while read -r name; do
    [[ $(readlink "${name%comm}cwd") != "$root"/home/* ]] || kill -KILL "${name//[!0-9]/}" || true
  done
  # First of all: with it a listener would take the other machine's jobs.
  rm -rf "$root"/home/*/actions-runner/{.runner*,.credentials*,.env,.path}
  rm -rf "$root"/{etc,opt,var/log}/longhaul "$root"/etc/systemd/system/{,*.wants/}longhaul-* \
    "$root"/etc/systemd/system/docker.service.d/longhaul.conf "$root"/etc/sudoers.d/9?-longhaul* \
    "$root"/etc/apt/apt.conf.d/95longhaul* "$root"/{usr/local/share/ca-certificates,etc/pki/ca-trust/source/anchors}/longhaul-*
  # The system's own list still has the other machine's certificates, and a Docker that runs its proxy. Without --fresh,
  # Debian's command leaves their links.
  if [[ -n $(command -v update-ca-certificates) ]]; then
    update-ca-certificates --fresh || true
  elif [[ -n $(command -v update-ca-trust) ]]; then
    update-ca-trust || true
  fi
  systemctl daemon-reload
  systemctl try-restart docker.service || true
  # Where it is mounted, its contents alone can go.
  rm -rf "$root"/home/*/actions-runner/_diag || true
  # Last, for it says whose disk this is.
  rm -rf "$state"
fi
mkdir -p "$state"
