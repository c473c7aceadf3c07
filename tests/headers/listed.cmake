# Compares the headers in include/ with the list in cmake/headers.cmake, which decides what is installed.
# cmake -DROOT=. -P listed.cmake
cmake_minimum_required(VERSION 3.23)

include("${ROOT}/cmake/headers.cmake")
file(GLOB_RECURSE present RELATIVE "${ROOT}" "${ROOT}/include/*")

set(unlisted ${present})
list(REMOVE_ITEM unlisted ${POP3_HEADERS})
set(absent ${POP3_HEADERS})
list(REMOVE_ITEM absent ${present})
foreach(header IN LISTS unlisted)
  message("${header} is not listed in cmake/headers.cmake")
endforeach()
foreach(header IN LISTS absent)
  message("${header} is listed in cmake/headers.cmake but does not exist")
endforeach()
if(unlisted OR absent)
  message(FATAL_ERROR "cmake/headers.cmake and include/ differ")
endif()
