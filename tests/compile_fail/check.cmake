# Checks that a wrong program is refused, in the words that we promise, and that the right one beside it compiles.
#
# The source says in lines `// error: text` what the compiler must print (all of them, as written), and in lines
# `// error(gcc): text` and `// error(clang): text` what only that one prints. A source whose lines are all for the
# other compiler is one that this compiler cannot refuse. The compiler may print 12 lines; a line `// lines(gcc): n` or
# `// lines(clang): n` sets another limit for that one. With POP3_CONTROL defined the same file holds the right program:
# without that, a typo would pass for a refusal. All the right programs are compiled together, by controls.cmake.
#
# cmake -DSOURCE=x.cpp -DCOMPILER=c++ -DCOMPILER_ID=GNU -DFLAGS=library.flags [-DPRECOMPILED=arguments] -P check.cmake
cmake_minimum_required(VERSION 3.23)

if(COMPILER_ID STREQUAL "GNU")
  set(compiler gcc)
elseif(COMPILER_ID MATCHES "Clang")
  set(compiler clang)
else()
  message(FATAL_ERROR "This check knows the messages of gcc and clang, not of ${COMPILER_ID}")
endif()

# text_1, text_2, ...: what this compiler must print.
file(READ "${SOURCE}" rest)
set(lines 0)
set(texts 0)
while("${rest}\n" MATCHES "// error(\\(([a-z]+)\\))?: ([^\n]+)\n(.*)$")
  set(only "${CMAKE_MATCH_2}")
  set(text "${CMAKE_MATCH_3}")
  set(rest "${CMAKE_MATCH_4}")
  math(EXPR lines "${lines} + 1")
  if(only AND NOT only MATCHES "^(gcc|clang)$")
    message(FATAL_ERROR "${SOURCE}: 'error(${only})' names no compiler: write gcc or clang")
  endif()
  if(NOT only OR only STREQUAL compiler)
    math(EXPR texts "${texts} + 1")
    set(text_${texts} "${text}")
  endif()
endwhile()
if(lines EQUAL 0)
  message(FATAL_ERROR "${SOURCE} has no line '// error: text'")
endif()

separate_arguments(precompiled UNIX_COMMAND "${PRECOMPILED}")

# compile([arguments]) sets refused and output. In the plain locale gcc quotes with ' and not with a typographic mark.
macro(compile)
  execute_process(COMMAND "${CMAKE_COMMAND}" -E env LC_ALL=C
    "${COMPILER}" ${precompiled} "@${FLAGS}" -fdiagnostics-color=never -fsyntax-only ${ARGN} "${SOURCE}"
    RESULT_VARIABLE refused OUTPUT_VARIABLE output ERROR_VARIABLE output)
endmacro()

if(texts EQUAL 0)
  message("${SOURCE} promises nothing for ${compiler}")
else()
  compile()
  if(refused EQUAL 0)
    message(FATAL_ERROR "${SOURCE} compiles, but must not")
  endif()
  set(most 12)
  file(STRINGS "${SOURCE}" more REGEX "^// lines\\(${compiler}\\): [0-9]+$")
  if(more)
    string(REGEX REPLACE "[^0-9]" "" most "${more}")
  endif()
  string(REGEX MATCHALL "\n" printed "${output}")
  list(LENGTH printed printed)
  if(printed GREATER most)
    message("The compiler said:\n${output}")
    message(FATAL_ERROR "${SOURCE} is refused in ${printed} lines, not in ${most}")
  endif()
  # The compiler quotes source lines: a text found in its own comment is not a message.
  string(REGEX REPLACE "// error(\\([a-z]+\\))?: [^\n]*" "" messages "${output}")
  foreach(index RANGE 1 ${texts})
    string(FIND "${messages}" "${text_${index}}" at)
    if(at EQUAL -1)
      message("The compiler said:\n${output}")
      message(FATAL_ERROR "${SOURCE} is refused, but not with the text\n  ${text_${index}}")
    endif()
  endforeach()
endif()
