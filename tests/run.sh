#!/bin/sh
# run.sh [CMake arguments] - builds and runs all tests, for example: CXX=clang++ run.sh -DCMAKE_BUILD_TYPE=Debug
# They are built in build-tests/, or where POP3_BUILD_DIR says.
set -eu

top=$(cd "$(dirname "$0")/.." && pwd)
build=${POP3_BUILD_DIR:-$top/build-tests}
processors=$(getconf _NPROCESSORS_ONLN)

sh "$top/cmake/install_packages.sh" tests
command -v make >/dev/null || export CMAKE_GENERATOR=Ninja
cmake -S "$top" -B "$build" -DPOP3_BUILD_EXAMPLES=ON -DPOP3_BUILD_TESTS=ON "$@"
cmake --build "$build" --parallel "$processors"
# Without these servers the other tests still run, and those that need them say so.
"$top/tests/dovecot/provide.sh" "$build/dovecot" || true
"$top/tests/cyrus/provide.sh" "$build/cyrus" || true
"$top/tests/proxies/provide.sh" "$build/proxies" || true

# The summary is repeated as the last line.
status=0
(cd "$build" && ctest --output-on-failure --no-tests=error --parallel "$processors" --output-log ctest.log) || status=$?
grep 'tests passed' "$build/ctest.log" || true
exit $status
