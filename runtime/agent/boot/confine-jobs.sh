# shellcheck shell=bash disable=SC2154 # Its variables are boot.sh's.
# Keeps the machine's credentials and its time between jobs out of reach of jobs and of what they leave behind.
guard=longhaul-metadata.service

# Without this rule a job could take the instance's credentials. The hop limit keeps out containers with a network of
# their own. Root in a container with the host's network is root on the machine, so no rule can stop it. IPv6 needs no
# rule: EC2's endpoint for it is off unless somebody turns it on.
#
# Rules do not outlive a boot, and what a job has left behind may start before the boot script does. So a unit sets the
# rule before there is a network, and before everything that waits for sysinit.target, as all services do by default:
# cron, atd, logins, Docker. It runs after the named firewalls, because they replace all rules by their own.
write_guard() {
  local firewalls="netfilter-persistent.service ufw.service" rule="OUTPUT -d 169.254.169.254 -m owner ! --uid-owner root -j REJECT"
  # Fedora's nftables.service itself waits for sysinit.target. To wait for it would be a cycle, and systemd would then
  # leave out one of the units.
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

# Starts the unit again at each boot, because another firewall may have removed the rule. Without the rule no job runs.
close_metadata() {
  once guard is_guard write_guard
  systemctl restart "$guard" ||
    fail "The metadata service could not be closed to users, and jobs would have the machine's role: see journalctl -u $guard."
}

# A process that starts outside of a job would run beside later jobs. So the jobs' user gets no crontab, no at job and no
# service manager of its own. Units of such a manager would start at each boot (loginctl enable-linger asks for no
# password). A user with sudo can undo this. What an image or a boot step has set up stays, because this runs later.
confine_user() {
  deny_list crontab cron
  deny_list at at
  ln -sfn /dev/null "$units/user@$(id -u "$RUNNER_USER").service"
}

# Lifts what confine_user denies until the boot steps have run. The image of a used machine denies it from the start, but
# boot steps may use it. This also lifts what the image's maker denied to the user; confine_user denies that again.
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

# deny_list COMMAND LIST: denies the command to the user. If there is an allow list, only that one counts. A command that
# is not installed gets no deny list: a package of Debian that later finds one asks what to do with it. If at has neither
# list, only root may use it, and a deny list would allow it to everybody else (at.deny(5)).
deny_list() {
  local allow=$root/etc/$2.allow deny=$root/etc/$2.deny
  [[ -n $(command -v "$1") ]] || return 0
  [[ ! -e $allow ]] || sed -i "/^$RUNNER_USER\$/d" "$allow"
  [[ $2 == cron || -e $deny ]] || return 0
  ! grep -qsxF "$RUNNER_USER" "$deny" || return 0
  # The last line may lack its newline.
  [[ ! -s $deny || -z $(tail -c 1 "$deny") ]] || echo >>"$deny"
  echo "$RUNNER_USER" >>"$deny"
}
