#!/bin/sh
# rig: appliance and sandbox together on this machine, from the programs beside this file. rig help says more.
set -eu
build=$(cd "$(dirname "$0")/.." && pwd)
source=${CALLKEY_SOURCE:-@SOURCE@}
[ -d "$source/firmware/sandbox/rig" ] || { echo "rig: set CALLKEY_SOURCE to the source tree of Callkey" >&2; exit 2; }
CALLKEY_BUILD=$build PYTHONPATH=$source/firmware/sandbox exec /usr/bin/python3 -B -m rig "$@"
