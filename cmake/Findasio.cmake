# Finds standalone Asio, which ships no CMake package of its own, and defines the target asio::asio.
# It is installed next to pop3Config.cmake, so it runs on the user's machine and sees the user's Asio and compiler.
# A target asio::asio that exists already is taken as it is: whoever made it knows their Asio.

if(TARGET asio::asio)
  set(asio_FOUND TRUE)
  return()
endif()

find_path(asio_INCLUDE_DIR asio.hpp)
mark_as_advanced(asio_INCLUDE_DIR)

# ASIO_VERSION is 102201 for 1.22.1.
unset(asio_VERSION)
if(asio_INCLUDE_DIR)
  file(READ "${asio_INCLUDE_DIR}/asio/version.hpp" asio_version_header)
  if(asio_version_header MATCHES "#define ASIO_VERSION ([0-9]+)")
    math(EXPR asio_version_major "${CMAKE_MATCH_1} / 100000")
    math(EXPR asio_version_minor "${CMAKE_MATCH_1} / 100 % 1000")
    math(EXPR asio_version_patch "${CMAKE_MATCH_1} % 100")
    set(asio_VERSION ${asio_version_major}.${asio_version_minor}.${asio_version_patch})
  endif()
endif()

set(asio_NOT_FOUND_MESSAGE "Standalone Asio ${asio_FIND_VERSION} or newer is missing (Debian and Ubuntu: apt install libasio-dev, Fedora: dnf install asio-devel, macOS: brew install asio)")
include(FindPackageHandleStandardArgs)
find_package_handle_standard_args(asio
  REQUIRED_VARS asio_INCLUDE_DIR
  VERSION_VAR asio_VERSION
  FAIL_MESSAGE "${asio_NOT_FOUND_MESSAGE}")

if(asio_FOUND)
  add_library(asio::asio INTERFACE IMPORTED)
  target_include_directories(asio::asio INTERFACE "${asio_INCLUDE_DIR}")
  target_compile_definitions(asio::asio INTERFACE ASIO_STANDALONE=1)
  # Asio before 1.26 does not know that clang has standard coroutines.
  if(asio_VERSION VERSION_LESS 1.26)
    target_compile_definitions(asio::asio INTERFACE
      $<$<CXX_COMPILER_ID:Clang,AppleClang>:ASIO_HAS_CO_AWAIT=1>
      $<$<CXX_COMPILER_ID:Clang,AppleClang>:ASIO_HAS_STD_COROUTINE=1>)
  endif()
endif()
