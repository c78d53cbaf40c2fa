#!/bin/bash
# The stand-in needs none, but asks the package manager as the real one does.
apt-get update && apt-get install -y zlib1g || exit 1
echo "Finish Install Dependencies"
