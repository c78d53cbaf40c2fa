#!/bin/bash
# Runs the listener again and again, and hides its exit codes.
if [[ $(id -u) -eq 0 && -z $RUNNER_ALLOW_RUNASROOT ]]; then
  echo "Must not run interactively with sudo"
  exit 1
fi
cd "$(dirname "${BASH_SOURCE[0]}")" || exit 1
while :; do
  ./bin/Runner.Listener run "$@"
  code=$?
  case $code in
    2) sleep 5 ;;
    3 | 4)
      for _ in {0..30}; do
        [[ -f update.finished ]] && break
        sleep 1
      done
      rm -f update.finished
      ;;
    6) ;;
    7) [[ $ACTIONS_RUNNER_RETURN_VERSION_DEPRECATED_EXIT_CODE == 1 ]] && exit 7 || exit 0 ;;
    *) exit 0 ;;
  esac
  echo "Restarting runner..."
done
