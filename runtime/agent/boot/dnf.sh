# shellcheck shell=bash disable=SC2154 # boot.sh, which reads this, sets the rest of its variables.
# Installs packages on Amazon Linux 2023. It follows the documentation and was never tried on the real image.

# The runner's installdependencies.sh does not support this system, so this installs what that script installs on Fedora.
# It leaves out lttng-ust, which .NET needs only for tracing and config.sh does not check for. dnf itself waits while
# another process has its lock. The image has curl-minimal, which conflicts with the package curl.
install_by_dnf() {
  local package missing=() wanted=(git iptables-nft sudo tar findutils procps-ng libicu krb5-libs openssl-libs zlib)
  # Docker may come from its own repository, whose package conflicts with this one.
  [[ $DOCKER == false || -e $root/usr/bin/docker ]] || wanted+=(docker)
  for package in "${wanted[@]}"; do
    rpm -q --quiet "$package" || missing+=("$package")
  done
  if ((${#missing[@]})); then
    retry 12 keep_output packages dnf -q -y install "${missing[@]}" ||
      fail "The package manager could not install ${missing[*]}: $(last_words packages)"
  fi
  # Unlike Debian's packages, those of this system start no service.
  [[ $DOCKER == false ]] || systemctl enable --now docker.service
}
