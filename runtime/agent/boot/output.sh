# shellcheck shell=bash disable=SC2154 # boot.sh, which reads this, sets the rest of its variables.
# What commands print goes on to the console, and its end can stand in the sentence of a failure.

# keep_output NAME COMMAND…: also writes what the command prints into $logs/NAME.log, which root alone can read, like the
# journal. A pipe would wait for whatever the command leaves running behind it, so `tail` shows the file instead.
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

# last_words NAME: the end of that, as one line of printable characters, without the passwords of addresses.
last_words() {
  tail -c 4000 "$logs/$1.log" | LC_ALL=C sed -e $'s/\e\\[[0-9;]*[A-Za-z]//g' -e 's#://[^/@ ]*@#://#g' |
    LC_ALL=C tr -cs '[:graph:]' ' ' | tail -c 150 | sed 's, $,,'
}
