#!/bin/sh
# install_packages.sh [tests] - makes sure that what the build (and the tests) need is there.
#
# Each thing is looked for itself, wherever it came from. Only when one is missing, and apt can install it, are
# packages installed, with sudo when the caller is not root; otherwise it says what to install and fails.
set -eu

compiler=${CXX:-c++}
include_options=
if command -v brew >/dev/null; then
    include_options="-I$(brew --prefix)/include -I$(brew --prefix openssl)/include"
fi

# need PACKAGE COMMAND...: the package is missing when the command fails.
need()
{
    package=$1
    shift
    "$@" >/dev/null 2>&1 || missing="$missing $package"
}

compiles()
{
    printf '%s\n' "$@" | "$compiler" -std=c++20 $include_options -x c++ -fsyntax-only -
}

cmake_is_new_enough()
{
    cmake --version | awk 'NR == 1 { split($3, v, "."); ok = v[1] > 3 || (v[1] == 3 && v[2] >= 23) } END { exit !ok }'
}

has_make_or_ninja()
{
    command -v make || command -v ninja
}

look()
{
    missing=
    need g++ compiles '#include <coroutine>'
    need cmake cmake_is_new_enough
    [ "$1" = tests ] || need make has_make_or_ninja
    need libssl-dev compiles '#include <openssl/ssl.h>' '#if OPENSSL_VERSION_NUMBER < 0x30000000L' '#error' '#endif'
    need libasio-dev compiles '#include <asio/version.hpp>' '#if ASIO_VERSION < 102201' '#error' '#endif'
    if [ "$1" = tests ]; then
        need ninja-build command -v ninja
        need doctest-dev compiles '#include <doctest/doctest.h>'
        need pkg-config command -v pkg-config
        need openssl command -v openssl
        need sqlite3 command -v sqlite3
    fi
}

purpose=${1:-build}
look "$purpose"
[ -n "$missing" ] || exit 0

as_root=
[ "$(id -u)" = 0 ] || as_root=sudo
if command -v apt-get >/dev/null && { [ -z "$as_root" ] || command -v sudo >/dev/null; }; then
    echo "Installing what is missing:$missing"
    # A package source that does not answer need not be one that is needed here.
    $as_root apt-get update -q || true
    $as_root env DEBIAN_FRONTEND=noninteractive apt-get install -q -y --no-install-recommends $missing || true
    look "$purpose"
    [ -n "$missing" ] || exit 0
fi

{
    echo "Missing, or too old (CMake 3.23, OpenSSL 3.0, Asio 1.22.1, a compiler for C++20 are needed):$missing"
    echo "These are the names of Debian's packages. To install everything:"
    echo "  Debian, Ubuntu  apt-get install g++ cmake ninja-build libssl-dev libasio-dev doctest-dev pkg-config openssl sqlite3"
    echo "  Fedora          dnf install gcc-c++ cmake ninja-build openssl-devel asio-devel doctest-devel pkgconf-pkg-config openssl sqlite"
    echo "  macOS           brew install cmake ninja openssl asio doctest pkgconf sqlite"
} >&2
exit 1
