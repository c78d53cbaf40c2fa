# shellcheck shell=bash disable=SC2154 # boot.sh, which reads this, sets the rest of its variables.
# The units that run the agent.

ender=longhaul-shutdown.service

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
