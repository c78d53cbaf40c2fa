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
  else
    take_rights
  fi
}

# An image's own user (`ubuntu`, `ec2-user`) is an administrator: cloud-init has given it a rule and groups before this, once
# for each instance. Those of the groups are root by another name, or read what root's services print. Nobody logs in as
# this user: Session Manager has one of its own.
take_rights() {
  local group rule
  for group in sudo wheel admin adm systemd-journal lxd disk docker; do
    [[ $group != docker || $DOCKER == false ]] || continue
    [[ " $(id -nG "$RUNNER_USER") " != *" $group "* ]] || gpasswd --delete "$RUNNER_USER" "$group"
  done
  rule=$root/etc/sudoers.d/90-cloud-init-users
  [[ ! -e $rule ]] || sed -i "/^${RUNNER_USER}[[:space:]]/d" "$rule"
  rule=$(may_do_all)
  [[ -z $rule ]] ||
    fail "The user $RUNNER_USER may do everything by sudo (${rule%%$'\n'*}), and the fleet has sudo: false. Take the rule out of the image, or set image.user to another name, or sudo to true."
}

# sudo ends with 0 whether the user has rights or not. A rule for single commands is the image's own.
may_do_all() {
  [[ -z $(command -v sudo) ]] || LC_ALL=C sudo -l -U "$RUNNER_USER" |
    sed -En '/^ +\(.*\) (.*[ ,])?ALL(,|$)/s/^ +//p'
}
