# Checks that the right program in each of the sources here compiles: all in one run of the compiler, each in a namespace of
# its own (see check.cmake).
#
# cmake -DFOLDER=dir -DCOMPILER=c++ -DFLAGS=library.flags -DWORK=dir -P controls.cmake
cmake_minimum_required(VERSION 3.23)

file(GLOB sources "${FOLDER}/*.cpp")
list(LENGTH sources count)
if(count EQUAL 0)
  message(FATAL_ERROR "There is nothing in ${FOLDER}")
endif()

# What they include must be included before, outside of the namespaces.
set(includes "")
set(programs "")
foreach(source IN LISTS sources)
  file(STRINGS "${source}" lines REGEX "^#include <")
  list(APPEND includes ${lines})
  get_filename_component(name "${source}" NAME_WE)
  string(APPEND programs "namespace ${name} {\n#include \"${source}\"\n}\n")
endforeach()
list(REMOVE_DUPLICATES includes)
list(REMOVE_ITEM includes "#include <pop3/pop3.hpp>")
list(JOIN includes "\n" includes)
file(WRITE "${WORK}/controls.cpp" "#include <pop3/pop3.hpp>\n${includes}\n\n${programs}")

execute_process(COMMAND "${COMPILER}" "@${FLAGS}" -DPOP3_CONTROL -fsyntax-only "${WORK}/controls.cpp"
  RESULT_VARIABLE refused OUTPUT_VARIABLE output ERROR_VARIABLE output)
if(NOT refused EQUAL 0)
  message("The compiler said:\n${output}")
  message(FATAL_ERROR "With -DPOP3_CONTROL all of them must compile, but they do not")
endif()
message("${count} right programs compile")
