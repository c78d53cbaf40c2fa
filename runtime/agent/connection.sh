# shellcheck shell=bash disable=SC2154 # The rest of its variables are boot.sh's.
# Sets the proxy and certificates for the boot script, the agent, the package
# manager, Docker and jobs. Only machines in a network that has them get this
# file, which boot.sh reads at every boot. Sets `connection`, a list of
# NAME=value.
host=${metadata#*://}
[[ -z $PROXY_HTTP ]] || connection+=("http_proxy=$PROXY_HTTP" "HTTP_PROXY=$PROXY_HTTP")
[[ -z $PROXY_HTTPS ]] || connection+=("https_proxy=$PROXY_HTTPS" "HTTPS_PROXY=$PROXY_HTTPS")
if ((${#connection[@]})); then
  direct=localhost,127.0.0.1,${host%%[:/]*}${PROXY_NONE:+,$PROXY_NONE}
  connection+=("no_proxy=$direct" "NO_PROXY=$direct")
fi
[[ ! -e $etc/ca-bundle.base64 ]] || connection+=("NODE_EXTRA_CA_CERTS=$etc/ca-bundle.pem")
export "${connection[@]}" NODE_USE_ENV_PROXY=1

connect() {
  local entry value
  for entry in "${connection[@]}" NODE_USE_ENV_PROXY=1; do
    # shellcheck disable=SC2001 # Bash before 5.2 does not support & in a replacement.
    value=$(sed 's/[\\"$`]/\\&/g' <<<"${entry#*=}")
    printf '%s="%s"\n' "${entry%%=*}" "$value"
  done >"$etc/connection.env"
  mkdir -p "$units/docker.service.d"
  printf '[Service]\nEnvironmentFile=%s\n' "$etc/connection.env" >"$units/docker.service.d/longhaul.conf"
  # apt gets a file of its own; dnf reads the variables.
  if is_like debian; then
    mkdir -p "$root/etc/apt/apt.conf.d"
    for entry in "http $PROXY_HTTP" "https $PROXY_HTTPS"; do
      value=${entry#* }
      [[ -z $value ]] || printf 'Acquire::%s::Proxy "%s";\n' "${entry%% *}" "${value//\"/%22}"
    done >"$root/etc/apt/apt.conf.d/95longhaul"
  fi
  if [[ $SUDO == true ]]; then
    value=$root/etc/sudoers.d/91-longhaul-proxy
    echo 'Defaults env_keep += "http_proxy https_proxy no_proxy HTTP_PROXY HTTPS_PROXY NO_PROXY"' >"$value"
    chmod 0440 "$value"
    visudo -cf "$value"
  fi
  if [[ -e $etc/ca-bundle.base64 ]]; then
    local anchors=$root/usr/local/share/ca-certificates trust=update-ca-certificates
    if is_like fedora; then
      anchors=$root/etc/pki/ca-trust/source/anchors
      trust=update-ca-trust
    fi
    mkdir -p "$anchors"
    # Node needs all certificates in one file, update-ca-certificates each in a file of its own.
    entry=0
    while read -r value; do
      ((entry += 1))
      printf -- '-----BEGIN CERTIFICATE-----\n%s\n-----END CERTIFICATE-----\n' "$(fold -w 64 <<<"$value")" |
        tee "$anchors/longhaul-$entry.crt"
    done <"$etc/ca-bundle.base64" >"$etc/ca-bundle.pem"
    "$trust"
  fi
  # If the image has Docker, it runs already, without what was just written.
  if systemctl is-active --quiet docker.service; then
    systemctl daemon-reload
    systemctl restart docker.service
  fi
}
once connection true connect
