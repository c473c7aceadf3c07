# Checks that a header includes only its own floor and lower ones, that there are no include cycles, and that the
# lower half knows no I/O. Then it proves on a copy that it would notice.
# cmake -DINCLUDE=include -DWORK=dir -P floors.cmake
cmake_minimum_required(VERSION 3.23)

# The floors, as "floor pattern": the first pattern that fits the path below include/pop3/ decides.
set(floors
  "8 pop3\\.hpp"
  "8 mailbox\\.hpp"
  "7 mailbox/.*"
  "8 testing\\.hpp"
  "7 testing/.*"
  "8 src\\.hpp"
  "6 (connect|connect_any|connect_options|extern/[a-z_]*)\\.[hi]pp"
  "6 connect/.*"
  "0 session/fwd\\.hpp"
  "5 session\\.hpp"
  "5 session/.*"
  "4 (any_stream|blocking|stream|tls_stream|tcp_stream|completion)\\.[hi]pp"
  "0 detail/(no_value|owned|range|shared)\\.hpp"
  "3 detail/buffer_pool\\.hpp"
  "4 detail/.*"
  "3 (security|tls_context)\\.[hi]pp"
  "3 tls/.*"
  "2 command/.*"
  "2 sasl/.*"
  "2 proxy\\.hpp"
  "2 proxy/.*"
  "1 grammar/.*"
  "0 [^/]*\\.[hi]pp")
# From here down no header includes Asio.
set(highest_without_asio 2)
# Folders of one floor of which the first does not know the second: a mechanism is no command.
set(strangers "sasl command")

function(floor_of header result)
  foreach(entry IN LISTS floors)
    string(REGEX MATCH "^([0-9]+) (.*)$" entry "${entry}")
    set(floor ${CMAKE_MATCH_1})
    if(header MATCHES "^${CMAKE_MATCH_2}$")
      set(${result} ${floor} PARENT_SCOPE)
      return()
    endif()
  endforeach()
  set(${result} none PARENT_SCOPE)
endfunction()

# Lists in `result` what is wrong with the headers in `root`, the folder pop3/.
function(find_problems root result)
  set(problems "")
  file(GLOB_RECURSE headers RELATIVE "${root}" "${root}/*")
  foreach(header IN LISTS headers)
    set(includes_${header} "")
    floor_of("${header}" floor)
    if(floor STREQUAL none)
      list(APPEND problems "${header} stands on no floor: add it to the table in floors.cmake")
      continue()
    endif()

    file(STRINGS "${root}/${header}" lines REGEX "^[ \t]*#[ \t]*include")
    string(FIND "${lines}" "<pop3/" first_own)
    string(FIND "${lines}" "<asio/" first_asio)
    if(first_own EQUAL -1 AND NOT first_asio EQUAL -1)
      list(APPEND problems "${header} includes Asio before <pop3/config.hpp>, which says why not to")
    endif()
    foreach(line IN LISTS lines)
      if(line MATCHES "<asio[./]" AND NOT floor GREATER highest_without_asio)
        list(APPEND problems "${header} (floor ${floor}) includes Asio: ${line}")
      elseif(line MATCHES "\"" AND NOT line MATCHES "\"pop3/")
        list(APPEND problems "${header}: write <pop3/...>: ${line}")
      endif()
      if(NOT line MATCHES "[<\"]pop3/([^>\"]+)[>\"]")
        continue()
      endif()

      set(included "${CMAKE_MATCH_1}")
      floor_of("${included}" included_floor)
      if(NOT EXISTS "${root}/${included}")
        list(APPEND problems "${header} includes ${included}, which does not exist")
      elseif(included_floor GREATER floor)
        list(APPEND problems "${header} (floor ${floor}) includes ${included} (floor ${included_floor})")
      elseif(NOT included MATCHES "\\.ipp$")
        # A header includes its definitions last, and they include it: that is no cycle.
        list(APPEND includes_${header} "${included}")
      endif()
      string(REGEX REPLACE "/.*" "" folder "${header}")
      string(REGEX REPLACE "/.*" "" included_folder "${included}")
      if("${folder} ${included_folder}" IN_LIST strangers)
        list(APPEND problems "${header} includes ${included}: the first does not know the second folder")
      endif()
    endforeach()
  endforeach()

  # Takes away headers that include only what was taken away before. What is left includes itself, or includes such a one.
  set(left ${headers})
  set(before "")
  while(NOT "${left}" STREQUAL "${before}")
    set(before ${left})
    foreach(header IN LISTS before)
      set(free TRUE)
      foreach(included IN LISTS includes_${header})
        if(included IN_LIST left)
          set(free FALSE)
        endif()
      endforeach()
      if(free)
        list(REMOVE_ITEM left "${header}")
      endif()
    endforeach()
  endwhile()
  if(left)
    list(JOIN left ", " left)
    list(APPEND problems "include cycle among ${left}")
  endif()
  set(${result} "${problems}" PARENT_SCOPE)
endfunction()

find_problems("${INCLUDE}/pop3" problems)
if(problems)
  list(JOIN problems "\n" problems)
  message("${problems}")
  message(FATAL_ERROR "The headers do not keep to their floors")
endif()

# expect(problem header text [header text]): plants headers in a copy and demands exactly that problem.
function(expect problem)
  file(REMOVE_RECURSE "${WORK}")
  file(COPY "${INCLUDE}/pop3" DESTINATION "${WORK}")
  while(ARGN)
    list(POP_FRONT ARGN header text)
    file(WRITE "${WORK}/pop3/${header}" "#pragma once\n${text}\n")
  endwhile()
  find_problems("${WORK}/pop3" problems)
  list(LENGTH problems count)
  if(NOT count EQUAL 1 OR NOT problems MATCHES "${problem}")
    message(FATAL_ERROR "The check is broken: expected '${problem}', found '${problems}'")
  endif()
endfunction()

expect("planted.hpp \\(floor 1\\) includes pop3.hpp \\(floor 8\\)"
  grammar/planted.hpp "#include <pop3/pop3.hpp>")
expect("include cycle among grammar/planted_1.hpp, grammar/planted_2.hpp"
  grammar/planted_1.hpp "#include <pop3/grammar/planted_2.hpp>"
  grammar/planted_2.hpp "#include <pop3/grammar/planted_1.hpp>")
expect("planted.hpp \\(floor 1\\) includes Asio"
  grammar/planted.hpp "#include <pop3/config.hpp>\n#include <asio/buffer.hpp>")
expect("planted.hpp includes Asio before <pop3/config.hpp>"
  detail/planted.hpp "#include <asio/buffer.hpp>")
expect("the first does not know the second folder"
  sasl/planted.hpp "#include <pop3/command/planted.hpp>"
  command/planted.hpp "")
expect("write <pop3/...>"
  grammar/planted.hpp "#include \"other.hpp\"")
expect("stands on no floor"
  cellar/planted.hpp "")
file(REMOVE_RECURSE "${WORK}")
