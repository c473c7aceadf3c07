// Copyright the pop3 authors.
// Distributed under the Boost Software License, Version 1.0. (See the file LICENSE.)
#pragma once

namespace pop3 {

/// When STLS is sent.
enum class stls_policy {
    if_offered, ///< CAPA is asked first; without STLS in it `errc::stls_not_offered`, and nothing goes in clear.
    insist,     ///< Without asking: for servers that know STLS, but not CAPA.
};

} // namespace pop3
