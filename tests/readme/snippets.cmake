# Compiles every cpp block of the README, so that what users copy from there compiles.
# cmake -DREADME=README.md -DCOMPILER=c++ -DFLAGS=library.flags -DPRELUDE=readme_prelude.hpp [-DPRECOMPILED=arguments] \
#     -DWORK=dir -P snippets.cmake
cmake_minimum_required(VERSION 3.23)

separate_arguments(precompiled UNIX_COMMAND "${PRECOMPILED}")
get_filename_component(prelude "${PRELUDE}" NAME)
get_filename_component(folder "${PRELUDE}" DIRECTORY)

file(READ "${README}" rest)
set(rest "\n${rest}\n")
set(line 0)
set(count 0)
set(broken 0)
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
    message(FATAL_ERROR "${README}:${line}: this cpp block has no end")
  endif()
  string(SUBSTRING "${rest}" 0 ${end} snippet)

  # #line makes the compiler name the README's own lines.
  math(EXPR count "${count} + 1")
  set(file "${WORK}/snippet_${count}.cpp")
  file(WRITE "${file}" "#include \"${prelude}\"\n#line ${line} \"${README}\"\n${snippet}\n")
  execute_process(COMMAND "${COMPILER}" ${precompiled} "-I${folder}" "@${FLAGS}" -fsyntax-only "${file}"
    RESULT_VARIABLE result ERROR_VARIABLE output)
  if(NOT result EQUAL 0)
    math(EXPR broken "${broken} + 1")
    message("The snippet at ${README}:${line} does not compile:\n${output}")
  endif()
endwhile()

if(count EQUAL 0)
  message(FATAL_ERROR "${README} has no cpp block")
endif()
if(broken)
  message(FATAL_ERROR "${broken} of ${count} snippets do not compile")
endif()
message("${count} snippets compile")
