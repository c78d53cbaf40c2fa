#!/bin/bash
# The stand-in needs no packages, but calls the package manager as the real script does.
apt-get update && apt-get install -y zlib1g || exit 1
echo "Finish Install Dependencies"
