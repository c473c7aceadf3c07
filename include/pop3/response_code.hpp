// Copyright the pop3 authors.
// Distributed under the Boost Software License, Version 1.0. (See the file LICENSE.)
#pragma once

namespace pop3 {

/// Why a server said no, if it said so in a form for programs: the text in [] at the start of a reply
/// (RFC 2449, section 8).
enum class response_code {
    none,        ///< There was none.
    in_use,      ///< [IN-USE] Another session has the maildrop: try again later.
    login_delay, ///< [LOGIN-DELAY] The last login was too short a time ago: wait.
    auth,        ///< [AUTH] The credentials are wrong: ask for others (RFC 3206).
    sys_temp,    ///< [SYS/TEMP] The server has a passing problem: try again later (RFC 3206).
    sys_perm,    ///< [SYS/PERM] The server has a problem that a person must mend (RFC 3206).
    utf8,        ///< [UTF8] The message needs the UTF8 command first (RFC 6856).
    other,       ///< Another one: see the text.
};

} // namespace pop3
