// Copyright the pop3 authors.
// Distributed under the Boost Software License, Version 1.0. (See the file LICENSE.)
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace pop3 {

/// What a server says it can do: the reply to CAPA (RFC 2449, section 5). It may say otherwise after the login,
/// and before TLS nothing that it says can be relied on.
struct capabilities {
    /// LOGIN-DELAY: the shortest time between two logins (RFC 2449, section 6.5).
    struct login_delay_t {
        /// The time itself.
        std::chrono::seconds delay{};
        /// It may differ from user to user; asked for after the login, this is the user's own.
        bool per_user = false;
        friend bool operator==(const login_delay_t&, const login_delay_t&) = default;
    };

    /// EXPIRE: how long messages are kept on the server (RFC 2449, section 6.7).
    struct expire_t {
        /// Days; none at all means NEVER: messages are not removed. 0 means: not kept, so fetch all at once.
        std::optional<std::uint32_t> days;
        bool per_user = false;
        friend bool operator==(const expire_t&, const expire_t&) = default;
    };

    /// UTF8 (RFC 6856, section 2).
    struct utf8_t {
        /// User names and passwords may be UTF-8 as well.
        bool user = false;
        friend bool operator==(const utf8_t&, const utf8_t&) = default;
    };

    bool top = false;              ///< TOP is supported.
    bool user = false;             ///< USER and PASS are supported.
    std::vector<std::string> sasl; ///< SASL mechanisms for AUTH, upper case, in the server's order.
    bool resp_codes = false;       ///< RESP-CODES: text in [] of a reply is a response code.
    bool auth_resp_code = false;   ///< AUTH-RESP-CODE: [AUTH] and [SYS/...] are used (RFC 3206).
    std::optional<login_delay_t> login_delay;  ///< LOGIN-DELAY
    bool pipelining = false;                   ///< PIPELINING: several commands may be sent at a time.
    std::optional<expire_t> expire;            ///< EXPIRE
    bool uidl = false;                         ///< UIDL is supported.
    std::optional<std::string> implementation; ///< IMPLEMENTATION: name and version of the server.
    bool stls = false;                         ///< STLS: TLS can be started on this connection (RFC 2595).
    std::optional<utf8_t> utf8;                ///< UTF8
    bool lang = false;                         ///< LANG: the language of the texts can be chosen (RFC 6856).
    /// Lines that are none of the above, or not written as they should be, as they came.
    std::vector<std::string> other;

    friend bool operator==(const capabilities&, const capabilities&) = default;
};

} // namespace pop3
