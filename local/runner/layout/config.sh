#!/bin/bash
# Configures the runner, or removes its configuration (config.sh remove).
if [[ $(id -u) -eq 0 && -z $RUNNER_ALLOW_RUNASROOT ]]; then
  echo "Must not run with sudo"
  exit 1
fi
# The real script asks ldd and ldconfig for the libraries of .NET.
if [[ -e $LONGHAUL_ROOT/var/lib/rpm/packages ]] && ! rpm -q --quiet libicu; then
  echo "Libicu's dependencies is missing for Dotnet Core 6.0"
  echo "Execute sudo ./bin/installdependencies.sh to install any missing Dotnet Core 6.0 dependencies."
  exit 1
fi
cd "$(dirname "${BASH_SOURCE[0]}")" || exit 1
# shellcheck source=/dev/null
source ./env.sh
[[ $1 == remove ]] || set -- configure "$@"
exec ./bin/Runner.Listener "$@"
