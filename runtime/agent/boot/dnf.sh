# shellcheck shell=bash disable=SC2154 # boot.sh, which reads this, sets the rest of its variables.
# Packages of Amazon Linux 2023, by its documentation: never tried on the real image.

# The runner's installdependencies.sh does not know this system. What it installs on Fedora is installed here, without
# lttng-ust, which .NET needs for tracing alone and config.sh does not ask for. dnf waits by itself for whoever has its lock.
# curl is there as curl-minimal, with which the package curl conflicts.
install_by_dnf() {
  local package missing=() wanted=(git iptables-nft sudo tar findutils procps-ng libicu krb5-libs openssl-libs zlib)
  # It may be there from Docker's own repository, with which the package conflicts.
  [[ $DOCKER == false || -e $root/usr/bin/docker ]] || wanted+=(docker)
  for package in "${wanted[@]}"; do
    rpm -q --quiet "$package" || missing+=("$package")
  done
  if ((${#missing[@]})); then
    retry 12 keep_output packages dnf -q -y install "${missing[@]}" ||
      fail "The package manager could not install ${missing[*]}: $(last_words packages)"
  fi
  # Unlike Debian's packages, those of this system start nothing.
  [[ $DOCKER == false ]] || systemctl enable --now docker.service
}
