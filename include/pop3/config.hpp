// Copyright the pop3 authors.
// Distributed under the Boost Software License, Version 1.0. (See the file LICENSE.)
#pragma once

#if !defined(__cpp_concepts)
#error "pop3 is for C++20 and newer: compile with -std=c++20"
#endif

// Before Asio: without a standard header 1.22 does not see what the library has, and takes another pair of functions for memory
// than a file that includes one first.
#include <cstddef>

#if defined(ASIO_NO_EXCEPTIONS) || (!defined(__cpp_exceptions) && !defined(_CPPUNWIND))
#define POP3_NO_EXCEPTIONS 1
#endif

// Where exceptions are off, nothing is caught, and what would be thrown ends the program (see throw_error.hpp).

#if defined(POP3_NO_EXCEPTIONS)
#define POP3_TRY if constexpr (true)
#define POP3_CATCH(...) else
#define POP3_RETHROW static_cast<void>(0)
#else
#define POP3_TRY try
#define POP3_CATCH(...) catch (__VA_ARGS__)
#define POP3_RETHROW throw
#endif

// Functions that are not templates are defined in files that end in .ipp. By default each header includes its own, and a program
// needs nothing else. With POP3_SEPARATE_COMPILATION defined, in all files of a program, they are compiled once, in the
// file that includes pop3/src.hpp. A virtual one has POP3_DECL in its class as well: if the first of a class is not inline there,
// each file that sees it defined gets the table of the class, and all that this leads to, whether it uses the class or not.

#if defined(POP3_SEPARATE_COMPILATION)
#define POP3_DECL
#else
#define POP3_DECL inline
#endif

// In place of `= delete`, for a function that takes the wrong calls of a name that has right ones too, and says what to write
// instead. Of a deleted one Clang tells everything but that: it goes through all functions of the name, and why each
// does not fit. With diagnose_if it says the text and no more; unavailable only keeps clangd from offering the function (of a
// template Clang would say so, too). Other compilers show the line with the declaration, so the text must be in that line. Of what
// is returned by a wrong call see `detail::awaited`; `auto` will do, but then Clang says that it is used before it is defined.

#if defined(__has_attribute)
#if __has_attribute(diagnose_if)
#define POP3_DELETED(why)                                                                                    \
    _Pragma("clang diagnostic push") _Pragma("clang diagnostic ignored \"-Wgcc-compat\"")                    \
        __attribute__((diagnose_if(true, why, "error"), unavailable)) _Pragma("clang diagnostic pop")
#define POP3_DELETED_TEMPLATE(why)                                                                           \
    _Pragma("clang diagnostic push") _Pragma("clang diagnostic ignored \"-Wgcc-compat\"")                    \
        __attribute__((diagnose_if(true, why, "error"))) _Pragma("clang diagnostic pop")
#endif
#endif
#if !defined(POP3_DELETED)
#define POP3_DELETED(why) = delete
#define POP3_DELETED_TEMPLATE(why) = delete
#endif
