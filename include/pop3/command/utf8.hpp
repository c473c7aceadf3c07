// Copyright the pop3 authors.
// Distributed under the Boost Software License, Version 1.0. (See the file LICENSE.)
#pragma once

#include <pop3/command/command_line.hpp>
#include <pop3/command/concept.hpp>
#include <pop3/state.hpp>

#include <string_view>

namespace pop3::command {

/// UTF8: from here on messages may come as they are, with UTF-8 in their headers (RFC 6856, section 2.1). Without it a
/// server sends a substitute for such a message, or refuses it ([UTF8], `response_code::utf8`). Only where CAPA
/// announces it, before the login, and after STLS: "Clients MUST NOT issue the STLS command after issuing UTF8".
class utf8 {
public:
    static constexpr std::string_view verb = "UTF8";
    static constexpr reply_shape shape = reply_shape::single_line;
    using result_type = void;
    using permitted_in = states<authorization>;

    void write(command_line& line) const
    {
        line.verb(verb);
    }
};

} // namespace pop3::command
