# shellcheck shell=bash disable=SC2154 # boot.sh, which reads this, sets the rest of its variables.
# Runs the boot steps that the fleet's configuration adds.

# run_boot_step WHICH LINES: sets a home, because systemd gives a service of root none, and git, npm and others need it.
run_boot_step() {
  local status=0
  keep_output boot-step env HOME="$root/root" USER=root LOGNAME=root bash -Eeuo pipefail -c "$2" || status=$?
  ((status == 0)) || fail "$1 ended with $status: ${2:0:70}: $(last_words boot-step)"
}
