# shellcheck shell=bash disable=SC2154 # boot.sh, which reads this, sets the rest of its variables.
# Downloads, installs and checks the runner's software.

tarball=$state/runner.tar.gz

is_right() {
  [[ -e $tarball ]] || return 1
  sum=$(sha256sum "$tarball")
  sum=${sum%% *}
  [[ $sum == "$TARBALL_SHA256" ]]
}

# Continues where an earlier try ended.
download() {
  local answer status=0
  answer=$(curl -fsSL --connect-timeout 20 --speed-limit 1000 --speed-time 60 -C - -o "$tarball" -w '%{http_code}' "$TARBALL_URL") || status=$?
  # The download cannot be continued: the file is too long, or the server cannot send parts.
  [[ $answer != 416 && $status != 33 && $status != 36 ]] || rm -f "$tarball"
  return "$status"
}

fetch_runner() {
  before_registration "The runner"
  # A part that an earlier boot downloaded may have holes.
  is_right || rm -f "$tarball"
  is_right || retry 8 download || fail "The runner could not be downloaded from $TARBALL_URL."
  if ! is_right; then
    rm -f "$tarball"
    fail "The runner's tarball has the SHA-256 $sum, not $TARBALL_SHA256; it was deleted."
  fi
  rm -rf "$runner" "$runner.new"
  mkdir -p "$runner.new"
  tar -xzf "$tarball" --no-same-owner -C "$runner.new"
  chown -R "$RUNNER_USER:" "$runner.new"
  # The folder gets its final name only when it is complete.
  sync
  mv "$runner.new" "$runner"
  rm -f "$tarball"
}

is_runner() {
  [[ -x $runner/bin/Runner.Listener && -s $runner/bin/Runner.Listener ]]
}

install_runner() {
  if [[ $BAKED == true ]] && is_runner; then
    # The image's maker may have registered the runner to try it. This machine would then count as registered, and take
    # another runner's jobs.
    rm -f "$runner"/.{runner,credentials}*
  else
    fetch_runner
  fi
  [[ $BAKED == true || $installer == dnf ]] || retry 12 ask_packages dependencies "$runner/bin/installdependencies.sh" ||
    fail "The runner's dependencies could not be installed: $(last_words dependencies)"
  check_runner
}

# A runner that its user cannot start, or that cannot write its files, would waste the registration token.
check_runner() {
  local said
  give_locked "$runner" "$runner"/{_diag,_work}
  said=$(as_user timeout 60 "$runner/bin/Runner.Listener" --version 2>&1) ||
    fail "The runner cannot be started as $RUNNER_USER. It says: ${said%%$'\n'*}"
}
