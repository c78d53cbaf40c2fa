# shellcheck shell=bash disable=SC2154 # boot.sh, which reads this, sets the rest of its variables.
# Calls AWS and the metadata service with curl alone.

# Secrets go to curl on its standard input, because every user can read a command line.
read_metadata() {
  local session
  session=$(curl -sf --noproxy '*' -m 5 -X PUT -H 'X-aws-ec2-metadata-token-ttl-seconds: 60' "$metadata/latest/api/token") &&
    curl -sf --noproxy '*' -m 5 --config - "$metadata/latest/meta-data/$1" <<<"header = \"X-aws-ec2-metadata-token: $session\""
}

# call SERVICE FILE CURL-OPTION…: calls AWS with the machine's role, without the agent and without an AWS tool. If the
# call fails, it sets `refusal` to AWS's code and message. When a signature does not match, AWS's message repeats what
# was signed, so the secrets are removed from it.
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
  # If an answer was cut short, curl's error message follows the 200.
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
