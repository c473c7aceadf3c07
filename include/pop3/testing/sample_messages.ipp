// Copyright the pop3 authors.
// Distributed under the Boost Software License, Version 1.0. (See the file LICENSE.)
#pragma once

#include <pop3/testing/server_options.hpp>

#include <string>
#include <vector>

namespace pop3::testing {

POP3_TESTING_DECL std::vector<std::string> sample_messages()
{
    const auto message = [](const std::string& subject, const std::string& body) {
        return "From: Bob <bob@example.org>\r\nTo: Alice <alice@example.org>\r\nSubject: " + subject +
               "\r\nDate: Thu, 01 Feb 2024 12:00:00 +0000\r\n\r\n" + body;
    };
    std::string large;
    for (int line = 1; large.size() < 1024 * 1024; ++line)
        large += "This is line " + std::to_string(line) + " of a message that takes more than one read.\r\n";
    return {
        message("Hello", "Hello Alice,\r\nthis is a small message.\r\n"),
        message("Dots", ".\r\n..\r\n.hidden\r\nThis is not the end:\r\n.\r\nThis is.\r\n"),
        message("Octets", "UTF-8: \xC3\xBC\xE2\x82\xAC\r\nLatin-1: \xFC\xDF\r\nHighest: \xFE\xFF\r\n"),
        message("Empty", ""),
        message("Large", large),
    };
}

} // namespace pop3::testing
