#!/bin/sh
# See to it that the browser tests have a Chromium: the system's, else the package manager's, else
# Playwright's own. Where none can be had the tests of the browser fail and say so; the others run.
set -u

working() {
    for name in chromium-headless-shell chromium chromium-browser google-chrome google-chrome-stable; do
        # Some systems have a command of that name that only tells how to get the browser.
        if "$name" --version 2>/dev/null | grep -q '^\(Chromium\|Google Chrome\)'; then
            return 0
        fi
    done
    return 1
}

as_root() {
    if [ "$(id -u)" -eq 0 ]; then
        "$@"
    elif command -v sudo >/dev/null; then
        sudo -n "$@"
    else
        return 1
    fi
}

with_package_manager() {
    if command -v apt-get >/dev/null; then
        as_root apt-get update -qq
        for name in chromium-headless-shell chromium; do # the first draws without a window, faster
            as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq $name && return 0
        done
        return 1
    elif command -v dnf >/dev/null; then
        as_root dnf install -y -q chromium
    elif command -v pacman >/dev/null; then
        as_root pacman -Sy --noconfirm --quiet chromium
    elif command -v apk >/dev/null; then
        as_root apk add --quiet chromium
    else
        return 1
    fi >/dev/null 2>&1 </dev/null
}

with_playwright() {
    .venv/bin/python -m playwright install chromium >/dev/null 2>&1 || return 1
    # Its libraries come from the package manager; without that they may be there already.
    as_root .venv/bin/python -m playwright install-deps chromium >/dev/null 2>&1 </dev/null
    return 0
}

if working; then
    exit 0
fi
echo "Looking for a browser for the tests ..."
if with_package_manager && working; then
    exit 0
fi
if with_playwright; then
    exit 0
fi
echo "No Chromium could be installed, so the browser tests will fail: install the package chromium." >&2
exit 0
