# shellcheck shell=bash disable=SC2154 # boot.sh, which reads this, sets the rest of its variables.
# Installs packages that the image lacks, and stops upgrades that would replace packages under a running job.
lists=$root/var/lib/apt/lists

# A package that is replaced under a running job can end the job, above all Docker's. Machines are patched by rotating
# them instead. Not every image has all of these units. If apt is at work, the next call of apt waits for its lock.
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

# With this setting, containers outlive Docker's daemon. The mark says that Longhaul made the setting. The image of a used
# machine contains both, and the setting goes if the fleet has it off. A setting that the image's maker made has
# no mark and stays. Python is there because cloud-init needs it.
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

# change_docker FILE STATEMENT: changes `settings`, which is the file's content, by a statement in Python.
change_docker() {
  [[ -s $1 ]] || echo '{}' >"$1"
  python3 -c "import json, sys
settings = json.load(open(sys.argv[1]))
$2
json.dump(settings, open(sys.argv[1], 'w'))" "$1"
  ! systemctl is-active --quiet docker.service || systemctl reload docker.service
}

# A power cut can leave a package half installed, and apt refuses everything until dpkg finishes it. The options answer
# dpkg's question about changed configuration files, because nobody is there to do so.
finish_packages() {
  DEBIAN_FRONTEND=noninteractive dpkg --force-confdef --force-confold --configure -a
}

# A power cut may also have interrupted a boot step of the fleet, on a baked image too. apt does not fetch an empty list
# again, because the server answers that the list has not changed. Nothing is touched while a job may run.
mend_packages() {
  is_like debian && [[ -n $(command -v dpkg) ]] && ! is_at_work || return 0
  [[ ! -d $lists ]] || find "$lists" -maxdepth 1 -name '*_*' -empty -delete
  retry 5 keep_output dpkg finish_packages ||
    echo "longhaul: dpkg could not finish what was interrupted: $(last_words dpkg)"
}

# ask_packages NAME COMMAND…: tries a command once that needs the package manager. If it fails, it deletes all lists and
# packages, because a power cut may have left some half written. apt does not fetch those again: the server answers that
# a list has not changed, and apt trusts a package of the right size. While another process has the lock they stay,
# because it may be reading them.
ask_packages() {
  local log=$logs/$1.log
  keep_output "$@" && return 0
  grep -q 'Could not get lock' "$log" || rm -f "$lists"/*_* "$root"/var/cache/apt/archives/*.deb
  finish_packages >>"$log" 2>&1
  return 1
}

# The lists have a lock of their own, for which apt-get does not wait.
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
  # Not every release has these, and most jobs do not need them.
  [[ $DOCKER == false ]] || apt_install docker-buildx docker-compose-v2 ||
    echo "longhaul: docker-buildx and docker-compose-v2 could not be installed; the boot goes on without them"
}
