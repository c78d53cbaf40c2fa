#!/bin/bash
# Turns a fresh instance into a registered runner and starts the agent. Runs
# as root at every boot (longhaul-boot.service): what is done is marked and
# skipped, so an interrupted first boot goes on where it was, also after a cut
# of the power, which leaves files that are there and empty. Every path is
# below LONGHAUL_ROOT, which is empty on a real machine. The user data writes
# this file, boot.env with the plain values in capitals, and the instance's id.
#
# Comments on lines of their own do not travel to the machine.
set -Eeuo pipefail

root=${LONGHAUL_ROOT:-}
etc=$root/etc/longhaul
opt=$root/opt/longhaul
state=$root/var/lib/longhaul
logs=$root/var/log/longhaul
units=$root/etc/systemd/system
metadata=${AWS_EC2_METADATA_SERVICE_ENDPOINT:-http://169.254.169.254}
# shellcheck source=/dev/null
source "$etc/boot.env"
runner=$root/home/$RUNNER_USER/actions-runner
tarball=$state/runner.tar.gz
agent=longhaul-agent.service
ender=longhaul-shutdown.service
doing="the boot script"

step() {
  doing=$1
  echo "longhaul: $1"
}

# One sentence to the console and as the machine's state. systemd starts this
# again in five minutes, and the timer stays armed: a machine that does not come
# up powers off.
fail() {
  ((BASH_SUBSHELL)) && exit 1
  trap - ERR
  echo "longhaul: boot failed: $1" >&2
  report boot-failed "$1" || echo "longhaul: this could not be reported as the instance's state: $refusal" >&2
  exit 1
}
trap 'fail "$doing: \"$BASH_COMMAND\" ended with $?."' ERR

# retry TRIES COMMAND…: waits 1, 2, 4, … seconds in between, at most 30.
retry() {
  local tries=$1 delay=1
  shift
  until "$@"; do
    ((--tries)) || return 1
    sleep "$delay"
    ((delay = delay < 15 ? delay * 2 : 30))
  done
}

is_done() {
  [[ $(cat "$state/done/$1" 2>/dev/null) == "$self" ]]
}

# once NAME WHOLE COMMAND…: at no later boot again. What the command has written is on the disk before its mark is made.
# The mark counts while the command WHOLE finds what it stands for.
once() {
  local name=$1 whole=$2
  shift 2
  ! is_done "$name" || ! "$whole" || return 0
  "$@"
  sync
  echo "$self" >"$state/done/$name"
}

# The runner's folder is its user's once jobs have run: what is fetched or copied there must not be repeated.
before_registration() {
  ! is_done registration || fail "$1 is damaged. Replace the machine: raise the runner's generation."
}

# Secrets reach curl on its standard input: a command line is for everybody to read.
read_metadata() {
  local session
  session=$(curl -sf --noproxy '*' -m 5 -X PUT -H 'X-aws-ec2-metadata-token-ttl-seconds: 60' "$metadata/latest/api/token") &&
    curl -sf --noproxy '*' -m 5 --config - "$metadata/latest/meta-data/$1" <<<"header = \"X-aws-ec2-metadata-token: $session\""
}

# call SERVICE FILE CURL-OPTION…: asks AWS as the machine, without the agent and without an AWS tool. Sets `refusal`
# where it fails: AWS's code and sentence. AWS repeats what was signed where it does not like a signature, so the
# secrets are taken out.
call() {
  local service=$1 file=$2 role keys answer word
  shift 2
  refusal="the metadata service has no credentials"
  role=$(read_metadata iam/security-credentials/) || return 1
  keys=$(read_metadata "iam/security-credentials/$role") || return 1
  answer=$(curl -s -m 10 -w '\n%{http_code} %{errormsg}' --aws-sigv4 "aws:amz:$REGION:$service" --config - "$@" <<END
user = "$(field AccessKeyId "$keys"):$(field SecretAccessKey "$keys")"
header = "X-Amz-Security-Token: $(field Token "$keys")"
END
  ) || true
  # Behind the 200 of an answer that was cut short comes curl's sentence.
  if [[ ${answer##*$'\n'} == "200 " ]]; then
    printf '%s' "${answer%$'\n'*}" >"$file"
    return 0
  fi
  refusal="$service answered ${answer##*$'\n'}"
  for word in 'Code|__type' 'Message|message'; do
    refusal+=" $(tr '\n' ' ' <<<"$answer" | sed -En "s/.*(<($word)>|\"($word)\" *: *\")([^<\"]*).*/\4/p")"
  done
  for word in AccessKeyId SecretAccessKey Token; do
    word=$(field "$word" "$keys")
    refusal=${refusal//"$word"/***}
  done
  return 1
}

# report STATE DETAIL: tags the instance.
report() {
  call ec2 /dev/null \
    --data-urlencode Action=CreateTags --data-urlencode Version=2016-11-15 --data-urlencode "ResourceId.1=$self" \
    --data-urlencode Tag.1.Key=longhaul:state --data-urlencode "Tag.1.Value=$1" \
    --data-urlencode Tag.2.Key=longhaul:detail --data-urlencode "Tag.2.Value=${2:0:256}" \
    --data-urlencode Tag.3.Key=longhaul:since --data-urlencode "Tag.3.Value=$(date -u +%FT%TZ)" \
    "$EC2_ENDPOINT/"
}

field() {
  sed -n "s/.*\"$1\" *: *\"\([^\"]*\)\".*/\1/p" <<<"$2"
}

# Packages that are replaced under a running job can end it, Docker's before all: a machine is patched
# by rotating it. Not every image has all of these units. What apt is doing is waited for by its lock.
stop_upgrades() {
  local unit
  for unit in apt-daily{,-upgrade}.{timer,service} unattended-upgrades.service; do
    systemctl disable --now "$unit" || true
  done
  mkdir -p "$root/etc/apt/apt.conf.d" "$root/etc/needrestart/conf.d" "$root/etc/docker"
  echo 'DPkg::Lock::Timeout "300";' >"$root/etc/apt/apt.conf.d/95longhaul-lock"
  echo "\$nrconf{restart} = 'l';" >"$root/etc/needrestart/conf.d/longhaul.conf"
  [[ $DOCKER == false ]] || keep_containers "$root/etc/docker/daemon.json"
}

# Containers outlive Docker's daemon. Ubuntu's cloud-init brings Python along.
keep_containers() {
  [[ -s $1 ]] || echo '{}' >"$1"
  python3 -c 'import json, sys
settings = json.load(open(sys.argv[1]))
settings["live-restore"] = True
json.dump(settings, open(sys.argv[1], "w"))' "$1"
  ! systemctl is-active --quiet docker.service || systemctl reload docker.service
}

# apt refuses everything while a cut of the power has left a package half installed.
finish_packages() {
  [[ -z $(command -v dpkg) ]] || DEBIAN_FRONTEND=noninteractive dpkg --configure -a
}

# The lists have a lock of their own, which knows no waiting.
apt_install() {
  apt-get -qq update && DEBIAN_FRONTEND=noninteractive apt-get -qq install --yes "$@"
}

install_packages() {
  local command missing=()
  is_done registration || retry 12 finish_packages || echo "longhaul: dpkg could not finish what was interrupted"
  for command in curl git iptables sudo tar; do
    [[ -n $(command -v "$command") ]] || missing+=("$command")
  done
  [[ $DOCKER == false || -n $(command -v docker) ]] || missing+=(docker.io)
  ((${#missing[@]})) || return 0
  retry 12 apt_install "${missing[@]}" || fail "The package manager could not install ${missing[*]}."
  # Not every release has these, and most jobs do without.
  [[ $DOCKER == false ]] || apt_install docker-buildx docker-compose-v2 || echo "longhaul: no docker-buildx, no docker-compose-v2"
}

# Else a job could take the instance's credentials. Rules do not outlive a boot, so this comes before anything of a
# user's at each. Containers of their own network are kept out by the hop limit; root in one with the host's
# network is root here too. There is no way by IPv6: EC2 has that endpoint off where nobody turns it on.
close_metadata() {
  local rule=(OUTPUT -d 169.254.169.254 -m owner ! --uid-owner root -j REJECT)
  iptables -w -C "${rule[@]}" 2>/dev/null || iptables -w -I "${rule[@]}"
}

# The agent's reserve takes the place of the blocks that ext4 keeps for root: a job with Docker fills those like all
# others, and then the reserve gave the next job nothing. Never on somebody's own computer.
free_root_blocks() {
  [[ -n $root ]] || tune2fs -m 0 "$(findmnt -no SOURCE /)" || echo "longhaul: the file system keeps its blocks for root, if it has any"
}

make_user() {
  local home
  getent passwd "$RUNNER_USER" >/dev/null || useradd --create-home --shell /bin/bash "$RUNNER_USER"
  home=$(getent passwd "$RUNNER_USER" | cut -d: -f6)
  [[ $home == "$root/home/$RUNNER_USER" ]] ||
    fail "The user $RUNNER_USER has the home $home, not /home/$RUNNER_USER: set image.user to another name."
  if [[ $DOCKER == true ]]; then
    groupadd --force docker
    usermod --append --groups docker "$RUNNER_USER"
  fi
  if [[ $SUDO == true ]]; then
    local rules=$root/etc/sudoers.d/90-longhaul
    echo "$RUNNER_USER ALL=(ALL:ALL) NOPASSWD:ALL" >"$rules"
    chmod 0440 "$rules"
    visudo -cf "$rules"
  fi
}

run_boot_step() {
  bash -Eeuo pipefail -c "$2" || fail "Boot step $1 ended with $?: ${2:0:120}"
}

is_right() {
  [[ -e $tarball ]] || return 1
  sum=$(sha256sum "$tarball")
  sum=${sum%% *}
  [[ $sum == "$TARBALL_SHA256" ]]
}

# Goes on where an earlier try ended.
download() {
  local answer status=0
  answer=$(curl -fsSL --connect-timeout 20 --speed-limit 1000 --speed-time 60 -C - -o "$tarball" -w '%{http_code}' "$TARBALL_URL") || status=$?
  # What is there cannot be gone on with: it is too long, or the server cannot send parts.
  [[ $answer != 416 && $status != 33 && $status != 36 ]] || rm -f "$tarball"
  return "$status"
}

fetch_runner() {
  before_registration "The runner"
  # An earlier boot's part of it may have holes.
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
  # Under its own name it is whole.
  sync
  mv "$runner.new" "$runner"
  rm -f "$tarball"
}

is_runner() {
  [[ -x $runner/bin/Runner.Listener && -s $runner/bin/Runner.Listener ]]
}

install_runner() {
  if [[ $BAKED == false ]] || ! is_runner; then
    fetch_runner
  fi
  [[ $BAKED == true ]] || retry 12 "$runner/bin/installdependencies.sh" >"$logs/dependencies.log" 2>&1 ||
    fail "The runner's dependencies could not be installed: see $logs/dependencies.log."
}

# A worker that cannot write its own log dies, and its job with it: a job that fills the disk must not reach that log. It
# gets a file system of its own, in memory and made anew at each boot. The agent keeps it from filling up. It would hide
# the logs of a listener or worker that runs already.
mount_runner_logs() {
  has_listener_or_worker || mount_where_it_is || echo "longhaul: the runner's logs stay on the disk: a job that fills it can fail by that"
}

# Jobs own the folder above, and could have put a link in its place or in that of the logs: root would mount over what it
# points to. The folder is entered first, so it can no longer be another when it is mounted over.
mount_where_it_is() {
  local folder options
  folder=$(realpath "$root/home/$RUNNER_USER")/actions-runner/_diag
  if [[ $(realpath -m "$folder") != "$folder" ]]; then
    echo "longhaul: $folder is a link to $(realpath -m "$folder"): nothing is mounted there"
    return 1
  fi
  ! mountpoint -q "$folder" || return 0
  mkdir -p "$folder"
  options="size=20%,mode=755,nosuid,nodev,uid=$(id -u "$RUNNER_USER"),gid=$(id -g "$RUNNER_USER")"
  (cd "$folder" && [[ $(pwd -P) == "$folder" ]] && mount --no-canonicalize -t tmpfs -o "$options" longhaul-diag .) && return 0
  # An empty one may be root's: the runner makes its own.
  rmdir "$folder" 2>/dev/null
  return 1
}

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
  [[ -s $state/path && -s $state/credentials.tar ]]
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

# StartLimitIntervalSec=0: no number of restarts ends the agent for good. KillMode=process: its end is nothing to the
# listener and its job, where that has no scope of its own. The other unit is for whoever powers the machine off or
# reboots it: it stops after the agent and before the network, and has the listener tell GitHub. IgnoreOnIsolate=yes: a
# change of the target (systemctl isolate, telinit) stops neither. A shutdown stops both, which conflict with
# shutdown.target as all services do.
start_agent() {
  cat >"$units/$ender" <<END
[Unit]
Description=Longhaul: ends the listener before the network goes
After=network.target network-online.target
Before=$agent
IgnoreOnIsolate=yes
StartLimitIntervalSec=0
[Service]
Type=oneshot
RemainAfterExit=yes
ExecStop="$opt/node" "$opt/agent.mjs" end-listener
TimeoutStopSec=60
StandardOutput=journal+console
END
  cat >"$units/$agent" <<END
[Unit]
Description=Longhaul agent
Wants=$ender
IgnoreOnIsolate=yes
StartLimitIntervalSec=0
[Service]
EnvironmentFile=-$etc/connection.env
ExecStart="$opt/node" --max-semi-space-size=1 "$opt/agent.mjs"
WorkingDirectory=$opt
Restart=always
RestartSec=5
KillMode=process
OOMPolicy=continue
TasksMax=infinity
StandardOutput=journal+console
END
  systemctl daemon-reload
  systemctl start "$agent"
}

# Whoever has started them: they live on when the agent ends.
has_listener_or_worker() {
  local name
  while read -r name; do
    [[ $(readlink "${name%comm}cwd") != "$runner"* ]] || return 0
  done < <(grep -lsxE 'Runner\.(Listener|Worker)' /proc/[0-9]*/comm)
  return 1
}

# Started by hand there, this must not power the machine off.
is_at_work() {
  systemctl is-active --quiet "$agent" || has_listener_or_worker
}

# An image of a used machine brings all of this along, and its units are started before the user data runs, which takes it
# away. Until then it is another machine's, and so is its registration. Where the metadata service does not answer, the
# agent waits for it and looks again. A machine whose user data never runs powers off.
owner=$(cat "$state/instance" 2>/dev/null) || owner=
self=$(retry 5 read_metadata instance-id) || self=${owner:-unknown}
if [[ -n $owner && $owner != "$self" ]]; then
  echo "longhaul: this disk was $owner's, and this is $self: nothing is done before its user data has run"
  if ! is_at_work; then
    shutdown -P +60
    echo "longhaul: without its user data it powers off in an hour; \`shutdown -c\` keeps it"
  fi
  exit 0
fi
mkdir -p "$state/done" "$logs" "$root/run/longhaul"
first_words=false
if ! is_at_work; then
  # A second try is part of the same boot, and must not put its end off.
  if [[ ! -s $root/run/longhaul/boot ]]; then
    step "arming the timer that powers off a machine without an agent"
    shutdown -P +60
    # For the ledger: what the machine costs before it can take a job.
    date +%s >"$root/run/longhaul/boot"
  fi
  first_words=true
fi
connection=()
if [[ -e $opt/connection.sh ]]; then
  step "setting proxy and certificates"
  # shellcheck source=runtime/agent/connection.sh
  source "$opt/connection.sh"
fi
# Not before: EC2 may be reached through the proxy alone.
[[ $first_words == false ]] || retry 3 report booting "" || echo "longhaul: the state could not be reported yet: $refusal"
if [[ $BAKED == false ]]; then
  step "stopping upgrades"
  once upgrades true stop_upgrades
  step "installing packages"
  install_packages
fi
step "closing the metadata service to users"
close_metadata
once disk true free_root_blocks
step "making the user $RUNNER_USER"
once user true make_user
for number in "${!BOOT_STEPS[@]}"; do
  step "boot step $((number + 1))"
  once "boot-step-$((number + 1))" true run_boot_step "$((number + 1))" "${BOOT_STEPS[number]}"
done
step "installing the runner"
once runner is_runner install_runner
mount_runner_logs
once node is_node copy_node
step "installing the agent"
once software is_software install_software
once hooks are_hooks install_hooks
step "registering"
once registration true "$opt/node" "$opt/agent.mjs" register
step "starting the agent"
start_agent
