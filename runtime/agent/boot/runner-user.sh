# shellcheck shell=bash disable=SC2154 # boot.sh, which reads this, sets the rest of its variables.
# The user that jobs run as, and what it may do.

as_user() {
  setpriv --reuid "$RUNNER_USER" --regid "$(id -g "$RUNNER_USER")" --init-groups -- "$@"
}

# give_locked FOLDER…: to the user, with all that is in them, where it cannot write. An image may have the user's home and
# the runner from a time before the user, and so as root's. A link in their place is no way to what it points to.
give_locked() {
  local folder
  for folder in "$@"; do
    [[ -d $folder ]] || continue
    ! as_user test -w "$folder" || continue
    echo "longhaul: $RUNNER_USER could not write to $folder: it is given to that user"
    chown -hR "$RUNNER_USER:" "$folder"
  done
}

make_user() {
  local home
  getent passwd "$RUNNER_USER" >/dev/null || useradd --create-home --shell /bin/bash "$RUNNER_USER"
  home=$(getent passwd "$RUNNER_USER" | cut -d: -f6)
  [[ $home == "$root/home/$RUNNER_USER" ]] ||
    fail "The user $RUNNER_USER has the home $home, not /home/$RUNNER_USER: set image.user to another name."
  give_locked "$home"
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
