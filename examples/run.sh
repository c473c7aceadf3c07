#!/bin/sh
# run.sh [arguments] - builds the examples and runs the first one, minimal, with these arguments.
# Without arguments it talks to a server of its own.
set -eu

top=$(cd "$(dirname "$0")/.." && pwd)
build=$top/build

# What the build says goes to the error output: the standard output is the example's.
{
    sh "$top/cmake/install_packages.sh"
    command -v make >/dev/null || export CMAKE_GENERATOR=Ninja
    cmake -S "$top" -B "$build" -DCMAKE_BUILD_TYPE=Release -DPOP3_BUILD_EXAMPLES=ON -DPOP3_BUILD_TESTS=OFF
    cmake --build "$build" --parallel "$(getconf _NPROCESSORS_ONLN)"
} >&2

exec "$build/examples/minimal" "$@"
