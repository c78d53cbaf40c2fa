# shellcheck shell=bash disable=SC2154 # boot.sh, which reads this, sets the rest of its variables.
# The fleet's own lines.

# run_boot_step WHICH LINES: systemd gives a service of root's no home, and git, npm and others want one.
run_boot_step() {
  local status=0
  keep_output boot-step env HOME="$root/root" USER=root LOGNAME=root bash -Eeuo pipefail -c "$2" || status=$?
  ((status == 0)) || fail "$1 ended with $status: ${2:0:70}: $(last_words boot-step)"
}
