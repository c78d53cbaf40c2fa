# shellcheck shell=bash disable=SC2154 # boot.sh, which reads this, sets the rest of its variables.
# Packages that the image lacks, and nothing that replaces them under a job.
lists=$root/var/lib/apt/lists

# Packages that are replaced under a running job can end it, Docker's before all: a machine is patched
# by rotating it. Not every image has all of these units. What apt is doing is waited for by its lock.
stop_upgrades() {
  local unit upgrades
  if [[ $installer == apt ]]; then
    upgrades=(apt-daily{,-upgrade}.{timer,service} unattended-upgrades.service)
    mkdir -p "$root/etc/apt/apt.conf.d" "$root/etc/needrestart/conf.d"
    echo 'DPkg::Lock::Timeout "300";' >"$root/etc/apt/apt.conf.d/95longhaul-lock"
    echo "\$nrconf{restart} = 'l';" >"$root/etc/needrestart/conf.d/longhaul.conf"
  else
    upgrades=(dnf-automatic{,-download,-install,-notifyonly}.timer)
  fi
  for unit in "${upgrades[@]}"; do
    systemctl disable --now "$unit" || true
  done
  [[ $DOCKER == false ]] || set_live_restore
}

# Containers outlive Docker's daemon where the setting is on. The mark says that Longhaul has set it: the image of a used
# machine brings both along, and a setting of the image's own is left alone. cloud-init brings Python along.
set_live_restore() {
  local settings=$root/etc/docker/daemon.json mark=$root/etc/docker/live-restore-by-longhaul
  mkdir -p "$root/etc/docker"
  if [[ $LIVE_RESTORE == true ]]; then
    ! grep -qs '"live-restore": *true' "$settings" || return 0
    : >"$mark"
    change_docker "$settings" 'settings["live-restore"] = True'
  elif [[ -e $mark ]]; then
    change_docker "$settings" 'settings.pop("live-restore", None)'
    rm "$mark"
  fi
}

# change_docker FILE STATEMENT: the statement is Python, and changes `settings`.
change_docker() {
  [[ -s $1 ]] || echo '{}' >"$1"
  python3 -c "import json, sys
settings = json.load(open(sys.argv[1]))
$2
json.dump(settings, open(sys.argv[1], 'w'))" "$1"
  ! systemctl is-active --quiet docker.service || systemctl reload docker.service
}

# apt refuses everything while a cut of the power has left a package half installed. dpkg would ask about a changed file of
# settings, and nobody is there to answer.
finish_packages() {
  DEBIAN_FRONTEND=noninteractive dpkg --force-confdef --force-confold --configure -a
}

# A step of the fleet's own may have been cut in the middle as well, also on a baked image. apt does not fetch a list again
# that is there and empty, because the server says that it has not changed. Nothing is touched while a job may run.
mend_packages() {
  is_like debian && [[ -n $(command -v dpkg) ]] && ! is_at_work || return 0
  [[ ! -d $lists ]] || find "$lists" -maxdepth 1 -name '*_*' -empty -delete
  retry 5 keep_output dpkg finish_packages ||
    echo "longhaul: dpkg could not finish what was interrupted: $(last_words dpkg)"
}

# ask_packages NAME COMMAND…: one try at something that needs the package manager. Lists and packages that a cut of the
# power has left half written are not fetched again by themselves: the server says that they have not changed, and apt
# believes a package of the right size. Another process that holds the lock may be reading them.
ask_packages() {
  local log=$logs/$1.log
  keep_output "$@" && return 0
  grep -q 'Could not get lock' "$log" || rm -f "$lists"/*_* "$root"/var/cache/apt/archives/*.deb
  finish_packages >>"$log" 2>&1
  return 1
}

# The lists have a lock of their own, which knows no waiting.
apt_install() {
  apt-get -qq update && DEBIAN_FRONTEND=noninteractive apt-get -qq install --yes "$@"
}

install_by_apt() {
  local command missing=()
  for command in curl git iptables sudo tar; do
    [[ -n $(command -v "$command") ]] || missing+=("$command")
  done
  [[ $DOCKER == false || -n $(command -v docker) ]] || missing+=(docker.io)
  ((${#missing[@]})) || return 0
  retry 12 ask_packages packages apt_install "${missing[@]}" ||
    fail "The package manager could not install ${missing[*]}: $(last_words packages)"
  # Not every release has these, and most jobs do without.
  [[ $DOCKER == false ]] || apt_install docker-buildx docker-compose-v2 || echo "longhaul: no docker-buildx, no docker-compose-v2"
}
