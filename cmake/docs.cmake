# The target `docs`: the reference, made by Doxygen from the comments in include/ and the pages of the guide. It comes to
# docs/html/index.html in the build folder. A public name without a comment is an error.
find_package(Doxygen 1.9.1 QUIET)
find_program(POP3_AWK awk)
mark_as_advanced(POP3_AWK)
if(NOT DOXYGEN_FOUND OR NOT POP3_AWK)
  message(STATUS "pop3: no Doxygen or no awk here: no target docs")
  return()
endif()

set(DOXYGEN_OUTPUT_DIRECTORY ${PROJECT_BINARY_DIR}/docs)
set(DOXYGEN_QUIET YES)
# The first sentence of a comment stands in the overview of a class, and beside its own members those of its bases.
set(DOXYGEN_JAVADOC_AUTOBRIEF YES)
set(DOXYGEN_INLINE_INHERITED_MEMB YES)

# ---- What is read

# The .ipp files define what the headers declare. docs.awk says what is read in place of what stands there.
set(DOXYGEN_FILE_PATTERNS *.hpp)
set(DOXYGEN_FILTER_PATTERNS "*=${POP3_AWK} -f ${PROJECT_SOURCE_DIR}/cmake/docs.awk")
set(DOXYGEN_STRIP_FROM_PATH ${PROJECT_SOURCE_DIR}/include ${PROJECT_SOURCE_DIR})
set(DOXYGEN_STRIP_FROM_INC_PATH ${PROJECT_SOURCE_DIR}/include)
set(DOXYGEN_USE_MDFILE_AS_MAINPAGE ${PROJECT_SOURCE_DIR}/README.md)
file(GLOB pages CONFIGURE_DEPENDS ${PROJECT_SOURCE_DIR}/examples/guide/*.md)
# Of the code that is there with some Asio, or some standard, what there is with a new one.
set(DOXYGEN_MACRO_EXPANSION YES)
set(DOXYGEN_EXPAND_ONLY_PREDEF YES)
set(DOXYGEN_PREDEFINED ASIO_HAS_CO_AWAIT=1 __cpp_lib_expected=202211L
  "POP3_DELETED(why)== delete" "POP3_DELETED_TEMPLATE(why)== delete")

# ---- What is left out: what no program names

# The deleted functions of a session are not extracted either: they have no comment but the hint that the compiler shows.
set(DOXYGEN_EXTRACT_ALL NO)
set(DOXYGEN_EXCLUDE_SYMBOLS *detail::* *detail pop3::command::range_pipeline *::opening)
set(DOXYGEN_EXCLUDE_PATTERNS */pop3/detail/* */pop3/connect/* */pop3/grammar/* */pop3/tls/*)
# How the library runs commands, and computes what mechanisms send.
set(machinery
  any_exchange auth await_greeting delivered exchange hello line_buffer listing_reader login login_choice may_be_about_form
  message_reader next pipeline pipeline_window read_entries receive ring single start_tls stop_check user_pass what_forbids)
list(TRANSFORM machinery REPLACE "(.+)" "*/pop3/command/\\1.hpp")
list(APPEND DOXYGEN_EXCLUDE_PATTERNS ${machinery})
set(machinery any_mechanism hmac octets salted_password saslname scram_attributes utf8)
list(TRANSFORM machinery REPLACE "(.+)" "*/pop3/sasl/\\1.hpp")
list(APPEND DOXYGEN_EXCLUDE_PATTERNS ${machinery})

# ---- What is an error

# Comments are prose, which names parameters where there is something to say of them.
set(DOXYGEN_WARN_NO_PARAMDOC NO)
set(DOXYGEN_WARN_IF_UNDOCUMENTED YES)
set(DOXYGEN_WARN_IF_DOC_ERROR YES)
set(DOXYGEN_WARN_AS_ERROR FAIL_ON_WARNINGS)

doxygen_add_docs(docs ${PROJECT_SOURCE_DIR}/include ${PROJECT_SOURCE_DIR}/README.md ${pages}
  COMMENT "The reference: ${PROJECT_BINARY_DIR}/docs/html/index.html")
