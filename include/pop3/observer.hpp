// Copyright the pop3 authors.
// Distributed under the Boost Software License, Version 1.0. (See the file LICENSE.)
#pragma once

#include <functional>
#include <string_view>

namespace pop3 {

/// Who sent a line.
enum class direction {
    sent,     ///< the client
    received, ///< the server
};

/// A function that is shown each line as it is sent or received, without its CRLF; a line of over 4,096 octets
/// is shown in pieces. Secrets are not shown: where one was sent, the line has `****`. The text is valid
/// during the call only. It is called on the executor of the
/// session. It may replace itself, but must start no operation of the same session. What it throws ends the session
/// (`errc::function_threw`).
///
///     options.observer = [](pop3::direction from, std::string_view line) {
///         std::cout << (from == pop3::direction::sent ? " C: " : " S: ") << line << '\n';
///     };
using observer = std::function<void(direction, std::string_view)>;

} // namespace pop3
