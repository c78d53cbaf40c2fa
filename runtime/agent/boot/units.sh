# shellcheck shell=bash disable=SC2154 # boot.sh, which reads this, sets the rest of its variables.
# Writes and starts the units that run the agent.

ender=longhaul-shutdown.service

# StartLimitIntervalSec=0: systemd restarts the agent no matter how often it ends. KillMode=process: when the agent ends, a
# listener without a scope of its own lives on with its job. The other unit acts when anybody powers the machine off or
# reboots it: it stops after the agent and before the network, and ends the listener, which then signs off at GitHub.
# IgnoreOnIsolate=yes: a change of the target (systemctl isolate, telinit) stops neither unit. A shutdown stops both,
# because they conflict with shutdown.target as all services do.
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
