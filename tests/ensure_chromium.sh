#!/usr/bin/env bash
# Makes sure that a Chromium is there for the browser tests: the one of the system, of Debian's packages when this is
# Debian and we are root, else the one that Playwright downloads. $1 is the Python of the environment.
set -euo pipefail
python=$1

has_chromium() { [ -n "${CHROMIUM:-}" ] || command -v chromium >/dev/null; }

has_chromium && exit 0
if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null; then
    apt-get update -qq
    DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends chromium
else
    "$python" -m playwright install chromium
fi
