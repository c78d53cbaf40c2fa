# shellcheck shell=bash disable=SC2154 # boot.sh, which reads this, sets the rest of its variables.
# Asks AWS and the metadata service, with nothing but curl.

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
