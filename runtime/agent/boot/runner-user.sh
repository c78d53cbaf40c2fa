# shellcheck shell=bash disable=SC2154 # boot.sh, which reads this, sets the rest of its variables.
# Makes the user that jobs run as, and gives it the rights that the fleet sets.

as_user() {
  setpriv --reuid "$RUNNER_USER" --regid "$(id -g "$RUNNER_USER")" --init-groups -- "$@"
}

# give_locked FOLDER…: gives the user each folder, with its contents, that the user cannot write to. An image may have got
# the user's home and the runner before the user, so that root owns them. Links are not followed.
give_locked() {
  local folder
  for folder in "$@"; do
    [[ -d $folder ]] || continue
    ! as_user test -w "$folder" || continue
    echo "longhaul: $RUNNER_USER could not write to $folder: gives it to that user"
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

# An image's own user (`ubuntu`, `ec2-user`) is an administrator: cloud-init has already given it a rule and groups, once
# for each instance. These groups amount to root, or can read what root's services print. Nobody needs this user for a
# login: Session Manager has a user of its own.
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
    fail "The user $RUNNER_USER may run everything with sudo (${rule%%$'\n'*}), and the fleet has sudo: false. Take the rule out of the image, or set image.user to another name, or sudo to true."
}

# Prints the rules that allow everything: sudo exits with 0 whether or not the user has rights. Rules for single commands
# are the decision of the image's maker and stay.
may_do_all() {
  [[ -z $(command -v sudo) ]] || LC_ALL=C sudo -l -U "$RUNNER_USER" |
    sed -En '/^ +\(.*\) (.*[ ,])?ALL(,|$)/s/^ +//p'
}
