#!/bin/bash
# Keeps what the listener shall find in its environment.
touch .env
echo "$PATH" >.path
[[ -z $LANG ]] || grep -q '^LANG=' .env || echo "LANG=$LANG" >>.env
