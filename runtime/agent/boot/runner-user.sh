# shellcheck shell=bash disable=SC2154 # boot.sh, which reads this, sets the rest of its variables.
# The user that jobs run as, and what it may do.

make_user() {
  local home
  getent passwd "$RUNNER_USER" >/dev/null || useradd --create-home --shell /bin/bash "$RUNNER_USER"
  home=$(getent passwd "$RUNNER_USER" | cut -d: -f6)
  [[ $home == "$root/home/$RUNNER_USER" ]] ||
    fail "The user $RUNNER_USER has the home $home, not /home/$RUNNER_USER: set image.user to another name."
  if [[ $DOCKER == true ]]; then
    groupadd --force docker
    usermod --append --groups docker "$RUNNER_USER"
  fi
  if [[ $SUDO == true ]]; then
    local rules=$root/etc/sudoers.d/90-longhaul
    echo "$RUNNER_USER ALL=(ALL:ALL) NOPASSWD:ALL" >"$rules"
    chmod 0440 "$rules"
    visudo -cf "$rules"
  fi
}
