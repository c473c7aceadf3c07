// Copyright the pop3 authors.
// Distributed under the Boost Software License, Version 1.0. (See the file LICENSE.)
#pragma once

#include <pop3/command/command_line.hpp>
#include <pop3/command/concept.hpp>
#include <pop3/state.hpp>

#include <string_view>

namespace pop3::command {

/// STLS: what follows its +OK is a TLS handshake (RFC 2595, section 4). Permitted nowhere: only `async_stls`, which does the
/// handshake, sends it.
class stls {
public:
    static constexpr std::string_view verb = "STLS";
    static constexpr reply_shape shape = reply_shape::single_line;
    using result_type = void;
    using permitted_in = states<>;

    void write(command_line& line) const
    {
        line.verb(verb);
    }
};

} // namespace pop3::command
