// Copyright the pop3 authors.
// Distributed under the Boost Software License, Version 1.0. (See the file LICENSE.)
#pragma once

// The library compiled once. Include this in one source file of a program that defines POP3_SEPARATE_COMPILATION in all of
// them, or link pop3::compiled, which is that file.

#if !defined(POP3_SEPARATE_COMPILATION)
#error "pop3/src.hpp is for programs that define POP3_SEPARATE_COMPILATION in all their files; without it they need no such file"
#endif

#include <pop3/pop3.hpp>

#include <pop3/certificate_error.ipp>
#include <pop3/detail/tls_operation.ipp>
#include <pop3/error.ipp>
#include <pop3/security.ipp>
#include <pop3/tls_context.ipp>
#include <pop3/tls_stream.ipp>

#define POP3_EXTERN
#include <pop3/extern.ipp>
