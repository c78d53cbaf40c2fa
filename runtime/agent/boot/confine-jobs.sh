# shellcheck shell=bash disable=SC2154 # Its variables are boot.sh's.
# What keeps jobs, and what they leave behind, apart from the machine itself.
guard=longhaul-metadata.service

# Else a job could take the instance's credentials. Containers of their own network are kept out by the hop limit; root
# in one with the host's network is root here too. There is no way by IPv6: EC2 has that endpoint off where nobody turns
# it on. Rules do not outlive a boot, and what a job has left behind may start before the boot script does. So a unit sets
# the rule before there is a network and before everything that waits for sysinit.target, as all services do by default:
# cron, atd, logins, Docker. The firewalls named after it put rules of their own in the place of all others.
write_guard() {
  local firewalls="netfilter-persistent.service ufw.service" rule="OUTPUT -d 169.254.169.254 -m owner ! --uid-owner root -j REJECT"
  # Fedora's nftables.service waits for sysinit.target itself, and systemd would leave out one unit of such a cycle.
  is_like fedora || firewalls+=" nftables.service"
  cat >"$units/$guard" <<END
[Unit]
Description=Longhaul: closes the metadata service to users
DefaultDependencies=no
Wants=network-pre.target
After=local-fs.target $firewalls
Before=network-pre.target sysinit.target
[Service]
Type=oneshot
RemainAfterExit=yes
ExecStart=/bin/sh -c 'iptables -w -C $rule 2>/dev/null || iptables -w -I $rule'
TimeoutStartSec=60
StandardOutput=journal+console
[Install]
WantedBy=sysinit.target
END
  systemctl daemon-reload
  systemctl enable "$guard"
}

is_guard() {
  [[ -s $units/$guard ]]
}

# Started again at each boot, because another firewall may have taken the rule away since. Without it no job runs.
close_metadata() {
  once guard is_guard write_guard
  systemctl restart "$guard" ||
    fail "The metadata service could not be closed to users, and jobs would have the machine's role: see journalctl -u $guard."
}

# What starts without a job would run beside later ones. So the jobs' user, unless it is root as well, gets no crontab, no
# at job and no service manager of its own, whose units would start at each boot (loginctl enable-linger asks for no
# password). What an image or a boot step has put there stays: this comes after it.
confine_user() {
  deny_list crontab cron
  deny_list at at
  ln -sfn /dev/null "$units/user@$(id -u "$RUNNER_USER").service"
}

# The image of a used machine denies all of that to the user already, and boot steps may still use it. What another has
# denied to the user is denied again by confine_user.
release_user() {
  local deny mask
  for deny in "$root"/etc/{cron,at}.deny; do
    [[ ! -e $deny ]] || sed -i "/^$RUNNER_USER\$/d" "$deny"
  done
  mask=$units/user@$(id -u "$RUNNER_USER").service
  [[ $(readlink "$mask") == /dev/null ]] || return 0
  rm "$mask"
  systemctl daemon-reload
}

# deny_list COMMAND LIST: an allow list counts alone where there is one. A package of Debian that finds a deny list which
# it does not know asks what to do with it, so there is none for what is not installed. Where at has neither list, root
# alone may use it, and a deny list would let everybody else do so (at.deny(5)).
deny_list() {
  local allow=$root/etc/$2.allow deny=$root/etc/$2.deny
  [[ -n $(command -v "$1") ]] || return 0
  [[ ! -e $allow ]] || sed -i "/^$RUNNER_USER\$/d" "$allow"
  [[ $2 == cron || -e $deny ]] || return 0
  ! grep -qsxF "$RUNNER_USER" "$deny" || return 0
  # Its last line may have no end.
  [[ ! -s $deny || -z $(tail -c 1 "$deny") ]] || echo >>"$deny"
  echo "$RUNNER_USER" >>"$deny"
}
