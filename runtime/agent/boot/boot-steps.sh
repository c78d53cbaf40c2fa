# shellcheck shell=bash disable=SC2154 # boot.sh, which reads this, sets the rest of its variables.
# The fleet's own lines.

run_boot_step() {
  bash -Eeuo pipefail -c "$2" || fail "Boot step $1 ended with $?: ${2:0:120}"
}
