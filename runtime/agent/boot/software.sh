# shellcheck shell=bash disable=SC2154 # boot.sh, which reads this, sets the rest of its variables.
# What the machine runs of ours: a Node, the agent, the hooks of jobs.

# An empty program is one that succeeds.
is_node() {
  [[ $("$opt/node" -e 'process.stdout.write("whole")') == whole ]]
}

# The runner's folder is its user's, and the agent is root: it runs with a copy that only root can write.
copy_node() {
  local version
  before_registration "$opt/node"
  for version in node24 node20; do
    [[ -x $runner/externals/$version/bin/node ]] || continue
    cp "$runner/externals/$version/bin/node" "$opt/node.new"
    chmod 0755 "$opt/node.new"
    mv -f "$opt/node.new" "$opt/node"
    return 0
  done
  fail "The runner brings no Node along: neither externals/node24 nor externals/node20."
}

# The agent and its neighbours are too long for the user data. Parameters hold them in pieces, packed in a way
# that only Node can unpack; the user data says what must come out, so nobody can slip in something else.
fetch_software() {
  local names
  printf -v names ',"%s"' "$SOFTWARE_PATH"/{0..9}
  call ssm "$state/software.json" -H 'Content-Type: application/x-amz-json-1.1' \
    -H 'X-Amz-Target: AmazonSSM.GetParameters' --data "{\"Names\":[${names:1}]}" "$SSM_ENDPOINT/"
}

is_software() {
  [[ -s $opt/agent.mjs && -s $opt/job-hooks.sh ]]
}

are_hooks() {
  [[ -s $state/path && -s $state/personal.tar ]]
}

# What is there before the first job is the machine's. After it, that can no longer be told from what jobs have left.
install_hooks() {
  before_registration "The memory of what was there before the first job"
  bash "$opt/job-hooks.sh" install ${connection[@]+"${connection[@]}"}
}

install_software() {
  local sum
  retry 12 fetch_software || fail "The machine's software could not be read from the parameters $SOFTWARE_PATH: $refusal"
  "$opt/node" -e 'const pieces = JSON.parse(fs.readFileSync(0)).Parameters.sort((a, b) => (a.Name < b.Name ? -1 : 1));
process.stdout.write(zlib.brotliDecompressSync(Buffer.from(pieces.map((piece) => piece.Value).join(""), "base64")))' \
    <"$state/software.json" >"$opt/software.sh"
  sum=$(sha256sum "$opt/software.sh")
  [[ ${sum%% *} == "$SOFTWARE_SHA256" ]] || fail "The machine's software has the SHA-256 ${sum%% *}, not $SOFTWARE_SHA256."
  # shellcheck source=/dev/null
  source "$opt/software.sh"
}
