# shellcheck shell=bash disable=SC2034,SC2154 # boot.sh, which reads this, sets and uses the rest of its variables.
# Finds out which distribution the image has, and so which package manager.

# os-release(5) is shell and sets many variables, so a shell of its own reads it. Nothing in it may end this script, which
# has not armed the timer yet.
about_image() {
  set +eu
  # shellcheck source=/dev/null
  [[ ! -r $root/etc/os-release ]] || source "$root/etc/os-release"
  printf '%s\n' "${ID-} ${ID_LIKE-}" "${VERSION_ID-}" "${PRETTY_NAME-without /etc/os-release}"
}
{
  read -r image_families
  read -r image_version
  read -r image_name
} < <(about_image)

# is_like FAMILY: whether the image has that distribution or one derived from it.
is_like() {
  [[ " $image_families " == *" $1 "* ]]
}

# Sets `installer` to apt or dnf. Any other image fails the boot, because no retry would help.
choose_installer() {
  if is_like debian; then
    installer=apt
  elif is_like amzn && [[ $image_version == 2023 ]]; then
    installer=dnf
  else
    fail "The image is $image_name. Longhaul installs packages on Ubuntu, Debian and Amazon Linux 2023: take one of them, or an image that contains all of them, with image.baked: true (docs/images.md)."
  fi
}
