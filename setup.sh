#!/bin/sh
# Makes .venv with the pinned requirements. `setup.sh test` adds what the tests need, Debian's
# chromium, its driver and PostgreSQL included, where it may install them.
set -eu
cd "$(dirname "$0")"

want=${1:-run}
python=${PYTHON:-python3}

fail() { echo "observatory: $1" >&2; exit 2; }

command -v "$python" >/dev/null 2>&1 || fail "There is no $python. Install Python 3.11 or newer, or set PYTHON to it."
"$python" -c 'import sys; sys.exit(sys.version_info < (3, 11))' ||
    fail "Python 3.11 or newer is needed; $python is $("$python" -c 'import platform; print(platform.python_version())'). Set PYTHON to a newer one."

as_root() {
    if [ "$(id -u)" = 0 ]; then "$@"; else sudo -n "$@"; fi
}
may_install() {
    command -v apt-get >/dev/null 2>&1 && { [ "$(id -u)" = 0 ] || sudo -n true 2>/dev/null; }
}
apt_install() {
    echo "Installing with apt: $*"
    as_root apt-get -qq update && as_root env DEBIAN_FRONTEND=noninteractive \
        apt-get -qq install -y --no-install-recommends "$@" >/dev/null
}

make_environment() {
    [ -x .venv/bin/pip ] && return
    "$python" -c 'import ensurepip' 2>/dev/null || {
        may_install || fail "Python's venv module is missing. Install it: sudo apt-get install python3-venv"
        apt_install python3-venv
    }
    "$python" -m venv .venv || fail "The environment .venv could not be made. Is this folder writable?"
}

# Requirements are installed again only when one of these files has changed.
install_requirements() {
    stamp=.venv/installed-$1
    shift
    sum=$(cat constraints.txt "$@" | cksum)
    [ "$(cat "$stamp" 2>/dev/null)" = "$sum" ] && return
    echo "Installing requirements; this takes about a minute the first time."
    for file in "$@"; do
        .venv/bin/pip install --quiet --disable-pip-version-check -c constraints.txt -r "$file" ||
            fail "The requirements in $file could not be installed; see above."
    done
    echo "$sum" >"$stamp"
}

has_browser() { command -v chromium >/dev/null 2>&1 && command -v chromedriver >/dev/null 2>&1; }
has_postgres() { command -v initdb >/dev/null 2>&1 || ls /usr/lib/postgresql/*/bin/initdb >/dev/null 2>&1; }

install_test_programs() {
    if ! has_browser; then
        if may_install; then apt_install chromium chromium-driver || true; fi
        has_browser || echo "The browser tests will be skipped: install them with: sudo apt-get install chromium chromium-driver"
        has_browser || [ -z "${CI:-}" ] || fail "In CI the browser tests must run; chromium and chromium-driver are missing."
    fi
    if ! has_postgres && may_install; then apt_install postgresql || true; fi
}

make_environment
install_requirements run requirements.txt
if [ "$want" = test ]; then
    install_requirements test requirements.txt tests/requirements.txt
    install_test_programs
fi
