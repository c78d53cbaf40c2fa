# shellcheck shell=bash disable=SC2154 # boot.sh, which reads this, sets the rest of its variables.
# Shows on the console what commands print, and keeps it so that a message of failure can quote its end.

# keep_output NAME COMMAND…: also writes what the command prints into $logs/NAME.log, which only root can read, like the
# journal. A pipe would stay open for processes that the command leaves running, so `tail` shows the file instead.
keep_output() {
  local log=$logs/$1.log status=0 command shown
  shift
  rm -f "$log"
  (umask 077 && : >"$log")
  (
    trap - ERR
    set +e
    "$@"
  ) >"$log" 2>&1 &
  command=$!
  tail -n +1 -f -s 0.1 --pid="$command" "$log" &
  shown=$!
  wait "$command" || status=$?
  wait "$shown"
  return "$status"
}

# last_words NAME: prints the end of that file as one line of printable characters, without passwords in addresses.
last_words() {
  tail -c 4000 "$logs/$1.log" | LC_ALL=C sed -e $'s/\e\\[[0-9;]*[A-Za-z]//g' -e 's#://[^/@ ]*@#://#g' |
    LC_ALL=C tr -cs '[:graph:]' ' ' | tail -c 150 | sed 's, $,,'
}
