# Takes the library into a project of its own, outside the source tree, then builds and runs an example there.
# WAY is the name of a folder here, or install or install_compiled (what the installed ways need), or pkg_config (no CMake at
# all), or tested (examples/tested, whose own tests are run).
# The folders versions and no_leaks check at configure time all there is to check.
# cmake -DWAY=find_package -DROOT=. -DWORK=dir -DGENERATOR=Ninja -DCOMPILER=c++ -P consume.cmake
cmake_minimum_required(VERSION 3.23)

set(warnings -Wall -Wextra -Wpedantic -Wshadow -Wconversion -Werror)
set(prefix "${WORK}/prefix")
set(build "${WORK}/${WAY}")
set(example "${ROOT}/tests/packaging/app.cpp")

# Runs a command; when it fails, shows what it printed.
function(run)
  execute_process(COMMAND ${ARGN} RESULT_VARIABLE result OUTPUT_VARIABLE output ERROR_VARIABLE output)
  if(NOT result EQUAL 0)
    list(JOIN ARGN " " command)
    message("${command}\n${output}")
    message(FATAL_ERROR "That failed: ${result}")
  endif()
  set(output "${output}" PARENT_SCOPE)
endfunction()

set(configure "${CMAKE_COMMAND}" -G "${GENERATOR}" "-DCMAKE_CXX_COMPILER=${COMPILER}" -B "${build}")
file(REMOVE_RECURSE "${build}")

if(WAY STREQUAL compiled)
  set(prefix "${WORK}/prefix_compiled")
endif()

if(WAY MATCHES "^install")
  # As a packager does it, who has no doctest perhaps.
  set(packager -DBUILD_TESTING=OFF -DPOP3_BUILD_EXAMPLES=OFF)
  if(WAY STREQUAL install_compiled)
    set(prefix "${WORK}/prefix_compiled")
    list(APPEND packager -DPOP3_COMPILED=ON -DBUILD_SHARED_LIBS=ON)
  endif()
  run(${configure} -S "${ROOT}" ${packager})
  if(NOT output MATCHES "BUILD_TESTING is off: no tests")
    message(FATAL_ERROR "It is not said that there are no tests:\n${output}")
  endif()
  run("${CMAKE_COMMAND}" --build "${build}")
  # Installed in one place and used in another: the package must not know where it was made.
  file(REMOVE_RECURSE "${prefix}")
  run("${CMAKE_COMMAND}" --install "${build}" --prefix "${build}/staging")
  file(RENAME "${build}/staging" "${prefix}")
  if(NOT EXISTS "${prefix}/share/doc/pop3/LICENSE")
    message(FATAL_ERROR "The license is not installed")
  endif()
elseif(WAY STREQUAL pkg_config)
  file(MAKE_DIRECTORY "${build}")
  set(ENV{PKG_CONFIG_PATH} "${prefix}/share/pkgconfig:$ENV{PKG_CONFIG_PATH}")
  run(pkg-config --cflags --libs pop3)
  separate_arguments(pop3_arguments UNIX_COMMAND "${output}")
  run("${COMPILER}" -std=c++20 ${warnings} "${example}" ${pop3_arguments} -o "${build}/app")
  run("${build}/app")
else()
  list(JOIN warnings " " flags)
  set(source "${CMAKE_CURRENT_LIST_DIR}/${WAY}")
  if(WAY STREQUAL tested)
    set(source "${ROOT}/examples/tested")
  endif()
  run(${configure} -S "${source}" "-DCMAKE_CXX_FLAGS=${flags}"
    "-DCMAKE_PREFIX_PATH=${prefix}" "-DPOP3_SOURCE=${ROOT}" "-DEXAMPLE=${example}")
  if(NOT WAY MATCHES "^(versions|no_leaks)$")
    run("${CMAKE_COMMAND}" --build "${build}")
    if(WAY STREQUAL tested)
      run("${CMAKE_CTEST_COMMAND}" --test-dir "${build}" --output-on-failure --no-tests=error)
    else()
      run("${build}/app")
    endif()
  endif()
endif()
