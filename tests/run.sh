#!/bin/sh
# run.sh [CMake arguments] - builds and runs all tests, for example: CXX=clang++ run.sh -DCMAKE_BUILD_TYPE=Debug
# They are built in build-tests/, or where POP3_BUILD_DIR says.
set -eu

top=$(cd "$(dirname "$0")/.." && pwd)
build=${POP3_BUILD_DIR:-$top/build-tests}
processors=$(getconf _NPROCESSORS_ONLN)

sh "$top/cmake/install_packages.sh" tests
# Make compiles nothing of a test program before the library that it links is complete.
export CMAKE_GENERATOR=Ninja
cmake -S "$top" -B "$build" -DPOP3_BUILD_EXAMPLES=ON -DPOP3_BUILD_TESTS=ON "$@"
cmake --build "$build" --parallel "$processors"
# Without these servers the other tests still run, and those that need them say so.
"$top/tests/dovecot/provide.sh" "$build/dovecot" || true
if grep -q '^POP3_THOROUGH_TESTS:BOOL=ON' "$build/CMakeCache.txt"; then
    "$top/tests/cyrus/provide.sh" "$build/cyrus" || true
    "$top/tests/proxies/provide.sh" "$build/proxies" || true
fi

# One more than there are processors: some tests wait for a server most of the time. The summary is repeated as the last line.
status=0
(cd "$build" && ctest --output-on-failure --no-tests=error --parallel $((processors + 1)) --output-log ctest.log) || status=$?
grep 'tests passed' "$build/ctest.log" || true
exit $status
