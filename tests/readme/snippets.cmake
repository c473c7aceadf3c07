# Compiles every cpp block of a page (the README, or one of examples/guide/), so that what users copy from there compiles.
# cmake -DPAGE=README.md -DCOMPILER=c++ -DFLAGS=library.flags -DPRELUDE=readme_prelude.hpp [-DPRECOMPILED=arguments] \
#     -DINCLUDE=dir -DWORK=dir -P snippets.cmake
cmake_minimum_required(VERSION 3.23)

separate_arguments(precompiled UNIX_COMMAND "${PRECOMPILED}")
get_filename_component(prelude "${PRELUDE}" NAME)
get_filename_component(folder "${PRELUDE}" DIRECTORY)
get_filename_component(name "${PAGE}" NAME_WE)

file(READ "${PAGE}" rest)
set(rest "\n${rest}\n")
if(rest MATCHES "\n *```(c[+][+]|C[+][+]|cc|cxx|hpp)[ \n]" OR rest MATCHES "\n +```cpp")
  message(FATAL_ERROR "${PAGE}: a block of C++ begins with \"```cpp\" at the begin of a line, or it is not compiled")
endif()

# All of a page is one file, which takes the compiler less than one file for each block. Each block has a namespace of its
# own, as two may define the same name, and what it includes goes to the front.
set(includes "#include \"${prelude}\"\n")
set(code "")
set(line 0)
set(count 0)
set(fence "\n```cpp\n")
while(TRUE)
  string(FIND "${rest}" "${fence}" begin)
  if(begin EQUAL -1)
    break()
  endif()
  string(LENGTH "${fence}" length)
  math(EXPR begin "${begin} + ${length}")
  string(SUBSTRING "${rest}" 0 ${begin} before)
  string(SUBSTRING "${rest}" ${begin} -1 rest)
  string(REGEX MATCHALL "\n" newlines "${before}")
  list(LENGTH newlines lines)
  math(EXPR line "${line} + ${lines}")

  string(FIND "${rest}" "\n```\n" end)
  if(end EQUAL -1)
    message(FATAL_ERROR "${PAGE}:${line}: this cpp block has no end")
  endif()
  string(SUBSTRING "${rest}" 0 ${end} snippet)

  # Those that depend on something, with what they depend on.
  if(snippet MATCHES "^#if [^\n]*\n(#[^\n]*\n)*#endif\n")
    set(block "${CMAKE_MATCH_0}")
    string(APPEND includes "\n${block}")
    string(LENGTH "${block}" length)
    string(REGEX REPLACE "[^\n]+" "" blank "${block}")
    string(SUBSTRING "${snippet}" ${length} -1 snippet)
    string(PREPEND snippet "${blank}")
  endif()
  set(snippet "\n${snippet}")
  string(REGEX MATCHALL "\n#include [^\n]*" included "${snippet}")
  foreach(i IN LISTS included)
    string(APPEND includes "${i}")
  endforeach()
  string(REGEX REPLACE "\n#include [^\n]*" "\n" snippet "${snippet}")
  string(SUBSTRING "${snippet}" 1 -1 snippet)

  # #line makes the compiler name the page's own lines.
  math(EXPR count "${count} + 1")
  string(APPEND code "\n\nnamespace snippet_${count} {\n#line ${line} \"${PAGE}\"\n${snippet}\n}")
endwhile()

if(count EQUAL 0)
  message("no snippets")
  return()
endif()
set(file "${WORK}/${name}.cpp")
file(WRITE "${file}" "${includes}${code}\n")
execute_process(COMMAND "${COMPILER}" ${precompiled} "-I${folder}" "-I${INCLUDE}" "@${FLAGS}" -fsyntax-only "${file}"
  RESULT_VARIABLE result ERROR_VARIABLE output)
if(NOT result EQUAL 0)
  message("${output}")
  message(FATAL_ERROR "A snippet of ${PAGE} does not compile")
endif()
message("${count} snippets compile")
