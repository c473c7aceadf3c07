# Nothing of the library is compiled in a file that only includes it. It would be if the first virtual function of a class were
# not inline in the class: then each file gets the class's table, and all functions that this leads to.
# cmake -DNM=nm -DOBJECT=unused.o -P unused.cmake
cmake_minimum_required(VERSION 3.23)

execute_process(COMMAND "${NM}" -C "${OBJECT}" OUTPUT_VARIABLE symbols COMMAND_ERROR_IS_FATAL ANY)
string(REGEX MATCHALL "vtable for pop3::[^\n]*" tables "${symbols}")
string(REGEX MATCHALL " [TW] [^\n]*pop3::[^\n]*" functions "${symbols}")
if(NOT symbols MATCHES "asio::")
  message(FATAL_ERROR "These are not the symbols of a file that includes Asio:\n${symbols}")
endif()
if(tables OR functions)
  list(LENGTH functions number)
  list(JOIN tables "\n" tables)
  message(FATAL_ERROR "${number} functions are compiled, and\n${tables}")
endif()
