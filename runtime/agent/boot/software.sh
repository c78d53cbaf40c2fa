# shellcheck shell=bash disable=SC2154 # boot.sh, which reads this, sets the rest of its variables.
# Installs what Longhaul runs on the machine: Node, the agent and the hooks of jobs.

# Node has to print a word, because an empty file also runs and succeeds.
is_node() {
  [[ $("$opt/node" -e 'process.stdout.write("whole")') == whole ]]
}

# The agent runs as root, and the jobs' user can write to the runner's folder. So the agent uses a copy of the runner's
# Node that only root can write.
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
  fail "The runner contains no Node: it has neither externals/node24 nor externals/node20."
}

# The agent and the files beside it are too long for the user data. Parameters hold them in pieces, packed in a way that
# only Node can unpack. The user data has the SHA-256 of the result, so nobody can slip in something else.
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

# What exists before the first job belongs to the machine. Later it can no longer be told from what jobs have left.
install_hooks() {
  before_registration "The record of what existed before the first job"
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
