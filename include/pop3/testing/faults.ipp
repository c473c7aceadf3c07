// Copyright the pop3 authors.
// Distributed under the Boost Software License, Version 1.0. (See the file LICENSE.)
#pragma once

#include <pop3/testing/fault.hpp>
#include <pop3/testing/faults.hpp>
#include <pop3/testing/upper_case.hpp>

#include <cstddef>
#include <string>
#include <string_view>

namespace pop3::testing::detail {

/// Whether `line` is the command that a fault names. Verbs are the same in either case.
POP3_TESTING_DECL bool names_command(std::string_view name, std::string_view line)
{
    if (line == greeting)
        return name == greeting;
    if (name == "*")
        return true;
    const auto space = line.find(' ');
    const std::string heard =
        upper_case(line.substr(0, space)) + std::string(space == line.npos ? "" : line.substr(space));
    return heard == name || heard.starts_with(std::string(name) + ' ');
}

POP3_TESTING_DECL reaction faults::take(std::string_view line)
{
    for (fault& f : all_) {
        if (f.left_ == 0 || !names_command(f.command_, line))
            continue;
        if (f.skip_ != 0) {
            --f.skip_;
            continue;
        }
        if (f.left_ != static_cast<std::size_t>(-1))
            --f.left_;
        return f.reaction_;
    }
    return {};
}

} // namespace pop3::testing::detail
